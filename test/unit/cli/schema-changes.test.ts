import { describe, expect, it } from 'vitest'
import { effectOf } from '../../../src/cli/schema-changes.ts'
import { nothingMade } from '../../../src/cli/schema-effects.ts'
import { scriptOf } from '../../../src/cli/sql-statements.ts'

/** What the statements mean together: the words of the worst, or `adds`. */
function meaningOf(sql: string): string {
  const made = nothingMade()
  const effects = scriptOf(sql).statements.map((statement) => effectOf(statement, made))
  const worst =
    effects.find(({ kind }) => kind === 'breaks') ?? effects.find(({ kind }) => kind === 'unclear')
  return worst === undefined || worst.kind === 'adds' ? 'adds' : `${worst.kind}: ${worst.what}`
}

describe('a migration only adds when it', () => {
  it.each([
    'create table a (id int primary key, t text not null)',
    'create table if not exists a (id int)',
    'create unlogged table a ()',
    'alter table t add column a text',
    'alter table t add a text',
    'alter table only public.t add column if not exists a text null',
    "alter table t add column a jsonb default '[]'::jsonb not null, add column b bigint default 0 not null",
    'alter table t add column a bigint generated always as identity',
    'alter table t add column a bigserial not null',
    'alter table t add column a int check (a > 0)',
    'alter table t add column a int default 0 not null; alter table t add constraint c check (a >= 0) not valid',
    "alter table t add column a jsonb default '[]' not null, add constraint c check (jsonb_typeof(a) = 'array')",
    'alter table t add column a uuid, add foreign key (a) references other (id)',
    'alter table t validate constraint c',
    'alter table t alter column a set default 3',
    'alter table t alter a set statistics 100',
    'create index i on t (a)',
    'create index concurrently if not exists i on t (a)',
    'create table t (a int); create unique index i on t (a)',
    'create table t (a int); alter table t drop column a; alter table t rename to u',
    'create table t (a int); drop table if exists public.t cascade',
    'create table t (a int); create trigger g before update on public.t for each row execute function f()',
    'alter table t add column a text; alter table t alter column a type int; alter table t drop column a',
    'alter table t add column a text; update t set a = b where c = 1; alter table t alter a set not null',
    "create type e as enum ('a')",
    "alter type e add value if not exists 'b'",
    'create function f() returns int as $$ drop table t $$ language sql',
    'create view v as select 1; create sequence s; create schema x; create role r nologin',
    'create function f() returns int return 1; revoke all on function f() from public',
    'grant insert on table t to r',
    'alter default privileges in schema public grant select on tables to r',
    "insert into t (a) values ('drop table t') on conflict do nothing",
    "comment on table t is 'drop table t'",
    "select pg_catalog.set_config('search_path', '', false)",
    'select pg_advisory_xact_lock(1)',
    'set statement_timeout = 0; set client_encoding = utf8; reset all',
    'set standard_conforming_strings = on',
    'begin; commit; analyze t; analyze',
    '-- drop table t\n/* drop table t */ select 1',
    '\\echo drop table t',
    'copy t (a) from stdin;\ndrop table t;\n\\.\n',
  ])('says %s', (sql) => {
    expect(meaningOf(sql)).toBe('adds')
  })
})

describe('a migration takes something from the previous version when it', () => {
  it.each([
    ['drop table a, public.b cascade', 'drops table a , public.b'],
    ['drop table if exists a', 'drops table a'],
    ['DROP\n  /* x */ TABLE a', 'drops table a'],
    ['drop table "A b"', 'drops table "A_32_b"'],
    ['create table if not exists t (); drop table t', 'drops table t'],
    ['create temp table t (); drop table public.t', 'drops table t'],
    ['drop materialized view v', 'drops materialized view v'],
    ['drop view v', 'drops view v'],
    ['drop type e', 'drops type e'],
    ['drop schema s', 'drops schema s'],
    ['drop role r', 'drops role r'],
    ['drop function f(int)', 'drops function f ( int )'],
    ['create function f(a text) returns int return 1; drop function f(int)', 'drops function f ( int )'],
    ['drop extension pgcrypto', 'drops extension pgcrypto'],
    ['drop owned by r', 'drops owned by r'],
    ['truncate t', 'empties table t'],
    ['truncate table only t', 'empties table t'],
    ['alter table t drop column a', 'drops column t.a'],
    ['alter table if exists only public.t drop if exists a', 'drops column t.a'],
    ['alter table t add column b text, drop column a', 'drops column t.a'],
    ['alter table t alter column a type bigint', 'changes the type of t.a'],
    ['alter table t alter a\nset data\ntype bigint using a::bigint', 'changes the type of t.a'],
    ['alter table t alter column a set not null', 'forbids null in t.a'],
    [
      'alter table t add column a text not null',
      'adds column t.a, which must not be null and has no default',
    ],
    [
      'alter table t add column a text default null not null',
      'adds column t.a, which must not be null and has no default',
    ],
    [
      'alter table t add column a text primary key',
      'adds column t.a, which must not be null and has no default',
    ],
    ['alter table t rename to u', 'renames table t'],
    ['alter table t rename column a to b', 'renames something of t'],
    ['alter table t rename a to b', 'renames something of t'],
    ['alter table t set schema s', 'moves table t'],
    ['alter view v rename to w', 'renames v'],
    ["alter type e rename value 'a' to 'b'", 'renames e'],
    ['revoke insert on table t from r', 'takes rights on t away'],
    ['revoke all on all tables in schema public from r', 'takes rights on all tables in schema public away'],
    ['revoke a from b', 'takes rights on a away'],
  ])('says %s', (sql, what) => {
    expect(meaningOf(sql)).toBe(`breaks: ${what}`)
  })
})

describe('reading is not enough when a migration', () => {
  it.each([
    ['do $$ begin execute $x$drop table t$x$; end $$', 'is a DO block, whose code decides what it does'],
    ['create or replace function f() returns int return 1', 'may replace function f'],
    ['create or replace view v as select 1', 'may replace view v'],
    ['create unique index i on t (a)', 'makes rows of t unique, which the previous version writes'],
    [
      'create trigger g after insert or update of a on t for each row execute function f()',
      'puts a trigger on t',
    ],
    ['create policy p on t using (true)', 'puts a policy on t'],
    ['drop index i', 'drops index i'],
    ['drop policy p on t', 'drops policy p'],
    ['drop trigger g on t', 'drops trigger g'],
    ['alter table t drop constraint c', 'drops constraint c of t'],
    [
      'alter table t add constraint c check (a > 0)',
      'adds a check constraint on columns of t that the previous version writes',
    ],
    [
      'alter table t add column b int, add check (a > b)',
      'adds a check constraint on columns of t that the previous version writes',
    ],
    [
      'alter table t add unique (a)',
      'adds a unique constraint on columns of t that the previous version writes',
    ],
    ['alter table t add column a int default 0 unique', 'adds column t.a, whose default must be unique'],
    [
      'alter table t add column a int check (a is not null)',
      'adds column t.a, whose check may refuse rows without it',
    ],
    ['alter table t alter a drop default', 'drops the default of t.a'],
    ['alter table t enable row level security', 'changes table t: enable row level security'],
    ['alter role r nologin', 'is not known to be harmless: alter role r'],
    [
      'alter default privileges revoke grant option for select on tables from r',
      'is not known to be harmless: alter default privileges',
    ],
    ['update t set a = 1', 'changes rows of t'],
    ['alter table t add column a int; update t set a = 1, b = 2', 'changes rows of t'],
    ['delete from t', 'deletes rows of t'],
    [
      'insert into t values (1) on conflict (a) do update set b = 2',
      'is not known to be harmless: insert into t',
    ],
    ['with x as (delete from t returning *) select * from x', 'changes rows in a query'],
    ['select migrate_everything()', 'calls migrate_everything, which may do anything'],
    ['call p()', 'is not known to be harmless: call p ('],
    ['explain analyze delete from t', 'is not known to be harmless: explain analyze delete'],
    ['set search_path = other', 'changes where names are looked up'],
    ["select set_config('search_path', 'other', false)", 'changes where names are looked up'],
    ['set standard_conforming_strings = off', 'changes how strings are read'],
    ['\\i other.sql', 'is a command of psql: \\i'],
    [":'statement'", 'uses a variable of psql'],
    ['insert into t values (:x)', 'uses a variable of psql'],
  ])('says %s', (sql, what) => {
    expect(meaningOf(sql)).toBe(`unclear: ${what}`)
  })

  it('and takes neither a cast nor a slice for a variable of psql', () => {
    expect(meaningOf("select a::text, b[1:n], '{}'::jsonb from t")).toBe('adds')
  })
})
