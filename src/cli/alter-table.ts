import {
  adds,
  atTopLevel,
  breaks,
  clean,
  outside,
  unclear,
  type Effect,
  type Made,
} from './schema-effects.ts'

/** What the actions of one ALTER TABLE mean for a version that does not know of them. The worst of them counts. */
export function tableChanges(table: string, actions: string, made: Made): Effect {
  const effects = atTopLevel(actions).map((action) => actionEffect(table, action, made))
  // A table that nobody uses yet may be changed in any way.
  if (made.relation.has(table)) return adds()
  return (
    effects.find(({ kind }) => kind === 'breaks') ?? effects.find(({ kind }) => kind === 'unclear') ?? adds()
  )
}

function actionEffect(table: string, action: string, made: Made): Effect {
  const isNew = (column: string): boolean => made.column.has(`${table}.${clean(column)}`)
  const constraint = /^add (?:constraint \S+ )?(check|unique|primary key|foreign key|exclude)\b(.*)$/.exec(
    action,
  )
  if (constraint !== null) return constraintEffect(table, constraint[1] ?? '', constraint[2] ?? '', isNew)
  if (/^add (?:constraint|table_constraint) /.test(action)) return unclear(`adds a constraint to ${table}`)
  const added = /^add (?:column )?(if not exists )?(\S+) (.*)$/.exec(action)
  if (added !== null) return columnEffect(table, added[2] ?? '', added[3] ?? '', added[1] === undefined, made)
  const dropped = /^drop (constraint )?(?:column )?(?:if exists )?(\S+)/.exec(action)
  if (dropped !== null) {
    const [, ofConstraint, name = ''] = dropped
    if (ofConstraint !== undefined) return unclear(`drops constraint ${clean(name)} of ${table}`)
    return isNew(name) ? adds() : breaks(`drops column ${table}.${clean(name)}`)
  }
  const altered = /^alter (?:column )?(\S+) (.*)$/.exec(action)
  if (altered !== null && altered[1] !== 'constraint')
    return isNew(altered[1] ?? '')
      ? adds()
      : alteredEffect(`${table}.${clean(altered[1] ?? '')}`, altered[2] ?? '')
  return otherEffect(table, action, isNew)
}

function columnEffect(
  table: string,
  name: string,
  definition: string,
  isCertain: boolean,
  made: Made,
): Effect {
  const column = `${table}.${clean(name)}`
  if (isCertain) made.column.add(column)
  const bare = ` ${outside(definition)} `
  const isFilled = /^ (?:big|small)?serial\d? /.test(bare) || / (?:generated|default(?! null )) /.test(bare)
  if (!isFilled && / (?:not null|primary key) /.test(bare))
    return breaks(`adds column ${column}, which must not be null and has no default`)
  if (/ (?:unique|primary key) /.test(bare) && isFilled && !/ generated | (?:big|small)?serial/.test(bare))
    return unclear(`adds column ${column}, whose default must be unique`)
  if (!isFilled && / check /.test(bare) && / is not null /.test(definition))
    return unclear(`adds column ${column}, whose check may refuse rows without it`)
  return adds()
}

function constraintEffect(
  table: string,
  kind: string,
  definition: string,
  isNew: (column: string) => boolean,
): Effect {
  const refused = unclear(`adds a ${kind} constraint on columns of ${table} that the previous version writes`)
  if (kind !== 'check' && kind !== 'foreign key') return refused
  const [own = ''] = definition.split(' references ')
  const columns = namesIn(own)
  return columns.length > 0 && columns.every(isNew) ? adds() : refused
}

const operators = new Set(
  `and or not is null true false in any some all between like ilike similar to case when then else end array row distinct
  from current_date current_timestamp collate no inherit valid deferrable initially deferred immediate enforced
  interval`.split(/\s+/),
)

/** Names of columns in an expression: what is neither keyword, function, type of a cast, number nor sign. */
function namesIn(expression: string): readonly string[] {
  const words = expression.split(' ')
  return words.filter((word, n) => {
    if (!/^["\p{L}_]/u.test(word) || operators.has(word) || words[n + 1] === '(') return false
    return !(words[n - 1] === ':' && words[n - 2] === ':')
  })
}

function alteredEffect(column: string, change: string): Effect {
  if (/^(?:set data )?type /.test(change)) return breaks(`changes the type of ${column}`)
  if (change.startsWith('set not null')) return breaks(`forbids null in ${column}`)
  if (change.startsWith('drop default')) return unclear(`drops the default of ${column}`)
  if (change.startsWith('drop not null'))
    return unclear(`allows null in ${column}, which the previous version may not expect`)
  if (/^set (?:default|statistics|storage|compression|\()/.test(change)) return adds()
  return unclear(`changes column ${column}`)
}

const harmless =
  /^(?:validate constraint|attach partition|set \(|reset \(|set (?:logged|tablespace)|cluster on|replica identity) /

function otherEffect(table: string, action: string, isNew: (column: string) => boolean): Effect {
  const renamed = /^rename (?:(constraint) |(?:column )?(\S+) to )/.exec(action)
  if (renamed?.[1] !== undefined) return unclear(`renames a constraint of ${table}`)
  if (renamed?.[2] !== undefined && isNew(renamed[2])) return adds()
  if (action.startsWith('rename '))
    return breaks(`renames ${action.startsWith('rename to ') ? `table ${table}` : `something of ${table}`}`)
  if (action.startsWith('set schema ')) return breaks(`moves table ${table}`)
  if (harmless.test(action)) return adds()
  return unclear(`changes table ${table}: ${action.split(' ').slice(0, 4).join(' ')}`)
}
