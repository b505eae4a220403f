import { adds, breaks, clean, mentions, unclear, type Effect, type Made } from './schema-effects.ts'

/** Statements about rows and rights, judged as `effectOf` says. */

export function updated([, table = '', rest = '']: RegExpExecArray, made: Made): Effect {
  const [assigned = ''] = rest.split(/ (?:where|from) /)
  const columns = [...assigned.matchAll(/(?:^|, )([^\s(),]+) =(?= )/g)].map(
    ([, column = '']) => `${clean(table)}.${clean(column)}`,
  )
  const areNew = columns.length > 0 && columns.every((column) => made.column.has(column))
  return areNew || made.relation.has(clean(table)) ? adds() : unclear(`changes rows of ${clean(table)}`)
}

export function revoked([, names = '']: RegExpExecArray, made: Made): Effect {
  const kinds = ['relation', 'routine', 'type', 'schema'] as const
  const isOurs = kinds.some((kind) => mentions(names, made, kind))
  return isOurs ? adds() : breaks(`takes rights on ${clean(names.split(' ').slice(0, 6).join(' '))} away`)
}

// Functions that a migration may call without changing what the previous version sees.
const harmless = new Set(
  `set_config current_setting setval nextval currval pg_notify to_regclass version now clock_timestamp
  pg_advisory_lock pg_advisory_xact_lock pg_advisory_unlock count max min sum coalesce greatest least format lower upper
  length`.split(/\s+/),
)

// What may stand before a parenthesis and is no function.
const keywords = new Set(
  `in values and or not exists any some all from as on using select where having over filter when then else case by
  union except intersect lateral distinct cast array row , ( = < > + - * / | & ^ %`.split(/\s+/),
)

export function selected({ input }: RegExpExecArray): Effect {
  if (/ (?:insert into|update|delete from|merge into|truncate) /.test(input))
    return unclear('changes rows in a query')
  const called = [...input.matchAll(/(\S+) \(/g)].map(([, name = '']) => name.replace(/^pg_catalog\./, ''))
  const unknown = called.find((name) => !keywords.has(name) && !harmless.has(name))
  return unknown === undefined ? adds() : unclear(`calls ${clean(unknown)}, which may do anything`)
}
