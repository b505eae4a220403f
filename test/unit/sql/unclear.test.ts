import { describe, expect, it } from 'vitest'
import { meaningOf } from './meaning.ts'

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
    ['drop policy p on t', 'drops policy t.p'],
    ['drop trigger g on t', 'drops trigger t.g'],
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
    ['alter table t enable row level security', 'changes table t: enable row security'],
    ["alter table t add column v jsonb; update t set v = '{}', payload['v'] = '1'", 'changes rows of t'],
    [
      'alter table t add column z int generated always as (a * 2) stored unique',
      'adds column t.z, whose default must be unique',
    ],
    [
      'alter table t add column z int generated always as (a * 2) stored',
      "adds column t.z, whose value can't be made for every row",
    ],
    ['insert into t select f()', 'calls f, which may do anything'],
    ['insert into t values (f())', 'calls f, which may do anything'],
    ['alter table t add column a int default f()', 'calls f, which may do anything'],
    [
      'alter table t add column a int not null default nullif(1, 1)',
      'adds column t.a, whose value may be null and must not be',
    ],
    [
      'alter table t add column a text not null default current_schema',
      'adds column t.a, whose value may be null and must not be',
    ],
    ['alter table t add column a d', 'adds column t.a of type d, which may refuse rows without it'],
    [
      'create domain d as text not null; alter table t add column a d',
      'adds column t.a of type d, which may refuse rows without it',
    ],
    [
      'alter table t add column a int unique nulls not distinct',
      'adds column t.a, whose default must be unique',
    ],
    [
      'alter table t add column a int check (not (a > 0 or a is null))',
      'adds column t.a, whose check may refuse rows without it',
    ],
    [
      'alter table t add column a int; alter table t add check (coalesce(a, -1) > 0)',
      'adds a check constraint on columns of t that the previous version writes',
    ],
    [
      'alter table t add column a int check (b > 0) default 1',
      'adds column t.a, whose check may refuse rows without it',
    ],
    [
      "create index i on t (((a ->> 'x')::int))",
      'makes an index on t that may refuse rows of the previous version',
    ],
    ['create index i on t (f(a))', 'calls f, which may do anything'],
    ['create table t as select f()', 'calls f, which may do anything'],
    ['select 1 operator(x.+) 2', 'uses an operator that may do anything'],
    ['update t set a = 1 where f(a)', 'calls f, which may do anything'],
    ['alter table t alter a set default null', 'drops the default of t.a'],
    ['alter table t alter column a add generated always as identity', 'changes table t: add identity'],
    ['alter table t owner to r', 'changes table t: change owner'],
    ['alter table t detach partition u', 'changes table t: detach partition'],
    ["select setval('s', 1)", 'calls setval, which may do anything'],
    ["select set_config(x, 'y', false) from t", 'calls set_config, which may do anything'],
    [
      'set session_replication_role = replica',
      'sets session_replication_role, which may change what follows',
    ],
    ['set role other', 'sets role, which may change what follows'],
    ["set client_encoding = 'LATIN1'", 'changes how the file is read'],
    ['create table t (a int); rollback; drop table t', 'is not known to be harmless: rollback'],
    ["copy t from program 'x'", 'is not known to be harmless: copy t from'],
    [
      "select * from json_table('[]', '$' columns (a int))",
      'uses JsonTable, which is not known to be harmless',
    ],
    ['merge into t using u on true when matched then delete', 'is not known to be harmless: merge into t'],
    ['create schema s create table t (a int)', 'has a part that is not known: CreateSchemaStmt.schemaElts'],
    ['\\echo `rm x`', 'is a command of psql: \\echo'],
    ['\\echo a \\\\ drop table t', 'is a command of psql: \\echo'],
    ['\\if true\nselect 1;\n\\endif', 'is a command of psql: \\if'],
    ['\\set x 1', 'is a command of psql: \\set'],
    ['select 1 \\gexec', 'can\'t be read: syntax error at or near "\\"'],
    ['alter role r nologin', 'is not known to be harmless: alter role r'],
    [
      'alter default privileges revoke grant option for select on tables from r',
      'is not known to be harmless: alter default privileges',
    ],
    ['update t set a = 1', 'changes rows of t'],
    ['alter table t add column a int; update t set a = 1, b = 2', 'changes rows of t'],
    ['delete from t', 'deletes rows of t'],
    ['insert into t values (1) on conflict (a) do update set b = 2', 'changes rows of t'],
    ['with x as (delete from t returning *) select * from x', 'changes rows in a query'],
    ['select migrate_everything()', 'calls migrate_everything, which may do anything'],
    ['call p()', 'is not known to be harmless: call p()'],
    ['explain analyze delete from t', 'is not known to be harmless: explain analyze delete'],
    ['set search_path = other', 'changes where names are looked up'],
    ["select set_config('search_path', 'other', false)", 'changes where names are looked up'],
    ['set standard_conforming_strings = off', 'changes how strings are read'],
    ['\\i other.sql', 'is a command of psql: \\i'],
    [":'statement'", 'uses a variable of psql'],
    ['insert into t values (:x)', 'uses a variable of psql'],
  ])('says %s', async (sql, what) => {
    expect(await meaningOf(sql)).toBe(`unclear: ${what}`)
  })

  it('and takes neither a cast nor a slice for a variable of psql', async () => {
    expect(await meaningOf("select a::text, b[1:n], '{}'::jsonb from t")).toBe('adds')
  })
})
