import { tableChanges } from './alter-table.ts'
import {
  adds,
  breaks,
  clean,
  mentions,
  signatureOf,
  unclear,
  type Effect,
  type Made,
} from './schema-effects.ts'
import { revoked, selected, updated } from './schema-rows.ts'
import type { Statement } from './sql-statements.ts'

/**
 * What a statement means for the version before, which goes on running on the schema: whether it only adds, takes away
 * what that version may use, or cannot be judged by reading. What an earlier statement of the same migrations has made
 * is nobody's yet. Whatever is not known to add is unclear.
 */
export function effectOf(statement: Statement, made: Made): Effect {
  const [first] = statement
  if (first?.kind === 'psql') return psqlEffect(first.value)
  if (movesSearchPath(statement)) return unclear('changes where names are looked up')
  const signature = signatureOf(statement)
  if (usesVariable(signature)) return unclear('uses a variable of psql')
  for (const [pattern, effect] of rules) {
    const found = pattern.exec(signature)
    if (found !== null) return effect(found, made)
  }
  return unclear(`is not known to be harmless: ${signature.split(' ').slice(0, 3).join(' ')}`)
}

type Judge = (found: RegExpExecArray, made: Made) => Effect

// Names have no spaces in a signature, strings are a single quote each. The first rule that matches counts.
const rules: readonly (readonly [RegExp, Judge])[] = [
  [/^alter table (?:if exists )?(?:only )?(\S+) (?:\* )?(.*)$/, altered],

  // A temporary one is in the way of no other, whatever its name.
  [/^create (?:global |local )?temp(?:orary)? /, adds],
  [/^create (?:unlogged )?table (if not exists )?(\S+)/, make('relation')],
  [/^create unique index (?:concurrently )?(?:if not exists )?(?:\S+ )?on (?:only )?(\S+)/, uniqueIndex],
  [/^create index /, adds],
  [/^create (?:recursive )?view ()?(\S+)/, make('relation')],
  [/^create (?:materialized view|foreign table|sequence) (if not exists )?(\S+)/, make('relation')],
  [/^create (?:function|procedure|aggregate) ()?([^\s(]+)/, make('routine')],
  [/^create (?:type|domain) ()?(\S+)/, make('type')],
  [/^create schema (if not exists )?(\S+)/, make('schema')],
  [/^create (?:role|user|group) ()?(\S+)/, make('role')],
  [/^create (?:extension|statistics|collation|publication) /, adds],
  [
    /^create or replace (\w+) (?:view )?(\S+)/,
    ([, kind, name = '']) => unclear(`may replace ${kind} ${clean(name)}`),
  ],
  [/^create (?:constraint )?trigger .*? on (\S+)/, on('puts a trigger on')],
  [/^create policy \S+ on (\S+)/, on('puts a policy on')],
  [/^create rule .*? to (\S+)/, on('puts a rule on')],

  [/^drop (table|view|materialized view|foreign table|sequence) (?:if exists )?(.*)$/, drop('relation')],
  [/^drop (type|domain) (?:if exists )?(.*)$/, drop('type')],
  [/^drop (schema) (?:if exists )?(.*)$/, drop('schema')],
  [/^drop (role|user|group) (?:if exists )?(.*)$/, drop('role')],
  // Of several with one name, nobody can tell here which is meant.
  [/^drop (function|procedure|routine|aggregate|extension|owned) (?:if exists )?(.*)$/, drop()],
  [/^drop (\w+) (?:if exists )?(\S+)/, ([, kind, name = '']) => unclear(`drops ${kind} ${clean(name)}`)],
  [/^truncate (?:table )?(?:only )?(.*)$/, emptied],

  [/^alter type \S+ add value /, adds],
  [/^alter default privileges (?!.*\brevoke )/, adds],
  [/^alter \w+(?: view)? (?:if exists )?(\S+) (?:.* )?rename /, renamed],

  [/^grant /, adds],
  [/^revoke (?:.* on (?:(?:table|sequence|schema|function|procedure|type|domain) )?)?(.*?) from /, revoked],

  [/^insert into (?!.* on conflict .*do update )/, adds],
  [/^copy \S+ .*?from /, adds],
  [/^update (?:only )?(\S+) (?:as \S+ )?set (.*)$/, updated],
  [/^delete from (?:only )?(\S+)/, on('deletes rows of')],
  [/^(?:select|with|values) /, selected],

  [
    /^set .*standard_conforming_strings /,
    ({ input }) => (input.endsWith(' on') ? adds() : unclear('changes how strings are read')),
  ],
  [
    /^(?:set|reset|show|comment|analyze|vacuum|reindex|cluster|lock|notify|listen|security label|discard) /,
    adds,
  ],
  [/^(?:begin|start transaction|commit|end|savepoint|release|analyze|vacuum)\b/, adds],
  [/^do /, () => unclear('is a DO block, whose code decides what it does')],
]

function altered([, table = '', actions = '']: RegExpExecArray, made: Made): Effect {
  return tableChanges(clean(table), actions, made)
}

function make(kind: keyof Made): Judge {
  return ([, unless, name = ''], made) => {
    // It may have been there before.
    if (unless === undefined || unless === '') made[kind].add(clean(name))
    return adds()
  }
}

function on(what: string): Judge {
  return ([, table = ''], made) =>
    made.relation.has(clean(table)) ? adds() : unclear(`${what} ${clean(table)}`)
}

function uniqueIndex([, table = '']: RegExpExecArray, made: Made): Effect {
  if (made.relation.has(clean(table))) return adds()
  return unclear(`makes rows of ${clean(table)} unique, which the previous version writes`)
}

function drop(kind?: keyof Made): Judge {
  return ([, what, names = ''], made) =>
    kind !== undefined && mentions(names, made, kind) ? adds() : breaks(`drops ${what} ${shown(names)}`)
}

function emptied([, names = '']: RegExpExecArray, made: Made): Effect {
  return mentions(names, made, 'relation') ? adds() : breaks(`empties table ${shown(names)}`)
}

function renamed([, name = '']: RegExpExecArray, made: Made): Effect {
  const isOurs = made.relation.has(clean(name)) || made.type.has(clean(name))
  return isOurs ? adds() : breaks(`renames ${clean(name)}`)
}

function psqlEffect(command: string): Effect {
  const isTalk = /^\\(?:echo|qecho|warn|set ON_ERROR_STOP|restrict|unrestrict|timing|pset|encoding)\b/
  return isTalk.test(command) ? adds() : unclear(`is a command of psql: ${command.split(/\s/, 1)[0] ?? ''}`)
}

/** Where names without a schema lead elsewhere, two of the same name need not be one thing. */
function movesSearchPath(statement: Statement): boolean {
  const at = statement.findIndex(({ value }) => value === 'search_path')
  const named = statement.slice(at + 1).filter(({ kind }) => kind !== 'sign')
  const harmless = ['', 'public', 'pg_catalog', 'default', 'to', 'true', 'false']
  const isSetting = ['set', 'select'].includes(statement[0]?.value ?? '')
  return isSetting && at >= 0 && named.some(({ value }) => !harmless.includes(value))
}

/** psql puts something else in the place of `:name`, before the server sees it. Neither a cast nor a slice is that. */
function usesVariable(signature: string): boolean {
  return /(?<!: |\[[^\]]*): (?:[\p{L}_'"{])/u.test(signature)
}

function shown(names: string): string {
  return clean(
    names
      .replace(/ (?:cascade|restrict)$/, '')
      .split(' ')
      .slice(0, 8)
      .join(' '),
  )
}
