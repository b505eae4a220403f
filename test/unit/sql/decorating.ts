import fc from 'fast-check'

/**
 * Statements that take something from the previous version, or may, as tokens with a space between. `T` is the table,
 * `C` a column of it, `N` a new name, `D` a default that is null, `(`…`)` as they stand.
 */
export const breakingStatements = [
  'DROP TABLE ?IF_EXISTS T ?CASCADE',
  'TRUNCATE ?TABLE ?ONLY T',
  'ALTER TABLE ?IF_EXISTS ?ONLY T DROP ?COLUMN ?IF_EXISTS C ?CASCADE',
  'ALTER TABLE T ADD ?COLUMN N text NOT NULL',
  'ALTER TABLE T ADD ?COLUMN N text DEFAULT D NOT NULL',
  'ALTER TABLE T ADD ?COLUMN N text NOT NULL DEFAULT D',
  'ALTER TABLE T ADD ?COLUMN N text PRIMARY KEY',
  'ALTER TABLE T ADD ?COLUMN N int GENERATED ALWAYS AS ( C * 2 ) STORED UNIQUE',
  'ALTER TABLE T ALTER ?COLUMN C ?SET_DATA TYPE int USING C :: int',
  'ALTER TABLE T ALTER ?COLUMN C SET NOT NULL',
  'ALTER TABLE T ALTER ?COLUMN C SET DEFAULT D',
  'ALTER TABLE T ADD UNIQUE ( C )',
  'ALTER TABLE T ADD CHECK ( C IS NOT NULL )',
  'ALTER TABLE T RENAME ?COLUMN C TO N',
  'ALTER TABLE T RENAME TO N',
  'ALTER TABLE T SET SCHEMA N',
  'UPDATE T SET N = 1 , C [ 1 ] = 2',
  'UPDATE T SET ( C , N ) = ( 1 , 2 )',
  'DELETE FROM ?ONLY T',
  'INSERT INTO T SELECT N ( )',
  'INSERT INTO T VALUES ( N ( ) )',
  'WITH N AS ( DELETE FROM T RETURNING * ) SELECT * FROM N',
  'SELECT N ( C ) FROM T',
  'CREATE UNIQUE INDEX ON T ( C )',
  'REVOKE ALL ON ?TABLE T FROM N',
  'DROP VIEW T',
] as const

const keyword = /^[A-Z]{2,}$/

/** How a token may be written so that it means the same. */
function spelled(token: string, table: string, column: string): fc.Arbitrary<string> {
  if (token === 'T') return nameOf(table, true)
  if (token === 'C') return nameOf(column, false)
  if (token === 'N') return fc.constantFrom('fresh', '"fresh"', 'FRESH', 'U&"fr\\0065sh"')
  if (token === 'D') return nullValue()
  if (token.startsWith('?')) {
    const given = token
      .slice(1)
      .split('_')
      .map((word) => spelled(word, table, column))
    return fc.oneof(
      fc.constant(''),
      fc.tuple(fc.tuple(...given), blank()).map(([words, gap]) => words.join(gap)),
    )
  }
  return keyword.test(token)
    ? fc.constantFrom(token, token.toLowerCase(), `${token.slice(0, 1)}${token.slice(1).toLowerCase()}`)
    : fc.constant(token)
}

function nameOf(name: string, isTable: boolean): fc.Arbitrary<string> {
  const plain = [name, name.toUpperCase(), `"${name}"`, `U&"${asEscapes(name)}"`]
  return fc.constantFrom(
    ...plain,
    ...(isTable ? plain.flatMap((form) => [`public.${form}`, `"public" . ${form}`]) : []),
  )
}

function asEscapes(name: string): string {
  return name.replaceAll(/./g, (letter) => `\\${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Null, in parentheses and casts of any depth. */
function nullValue(): fc.Arbitrary<string> {
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('NULL', 'null'),
      tie('value').map((inner) => `(${inner})`),
      tie('value').map((inner) => `CAST(${inner} AS text)`),
      tie('value').map((inner) => `(${inner})::text`),
      tie('value').map((inner) => `(${inner}) collate "C"`),
    ),
  }))
  // A collation or cast binds only in parentheses in a default.
  return value.map((inner) => `(${inner})`)
}

/** What may stand between two tokens. */
function blank(): fc.Arbitrary<string> {
  return fc
    .array(
      fc.constantFrom(
        ' ',
        '\n',
        '\t',
        '\r\n',
        '\f',
        "/* it's */",
        '/* a /* ; drop */ b */',
        '-- it\'s ; "\n',
        '--\n',
        '/* $$ */',
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((parts) => ` ${parts.join('')} `)
}

/** A breaking statement, written in one of the ways that the grammar allows. */
export function decorated(template: string): fc.Arbitrary<string> {
  const tokens = template.split(' ')
  const spelling = tokens.map((token) => spelled(token, 'accounts', 'owner'))
  return fc
    .tuple(fc.tuple(...spelling), fc.array(blank(), { minLength: tokens.length, maxLength: tokens.length }))
    .map(([written, gaps]) => written.map((token, n) => `${token}${gaps[n] ?? ' '}`).join(''))
}

/** A script that does no harm but for the statement in it. */
export function wrapped(statement: string): fc.Arbitrary<string> {
  const before = fc.constantFrom(
    '',
    ';;',
    'begin;',
    "select 'it''s; \\';",
    'create table other (accounts int, owner text);',
    'create temp table accounts (owner text);',
    'create table if not exists accounts (owner text);',
    'alter table other_one add column owner text;',
    'create view owner as select 1;',
    '\\echo begins\n',
    "copy other (a) from stdin;\n;drop\t'\n\\.\n",
    'do $a$ begin perform 1; end $a$;',
    "comment on table x is e'\\'; --';",
    'create function o() returns int language sql as $$ select 1; $$;',
    'alter table accounts add column if not exists owner text;',
  )
  const after = fc.constantFrom('', ';', '; commit;', '\n;\n\\echo over\n', "; select 1 -- '")
  const inDo = fc.constantFrom(
    (text: string) => text,
    (text: string) => `do $outer$ begin ${text}; end $outer$`,
    (text: string) => `do language plpgsql $$ begin execute $x$${text}$x$; end $$`,
    (text: string) => `do '${text.replaceAll("'", "''")}'`,
  )
  return fc
    .tuple(fc.array(before, { maxLength: 3 }), inDo, after)
    .map(([first, put, last]) => `${first.join('\n')}\n${put(statement)}${last}`)
}
