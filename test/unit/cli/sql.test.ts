import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scriptOf } from '../../../src/cli/sql-statements.ts'
import { tokensOf } from '../../../src/cli/sql-tokens.ts'

/** The statements, each as its words. */
function statementsIn(sql: string): readonly string[] {
  return scriptOf(sql).statements.map((statement) =>
    statement.map(({ kind, value }) => (kind === 'text' ? `'${value}'` : value)).join(' '),
  )
}

describe('SQL, as psql reads it', () => {
  it.each([
    ['two statements', 'select 1; select 2;', ['select 1', 'select 2']],
    ['the last without a semicolon', 'select 1', ['select 1']],
    ['empty statements', ';;\n;', []],
    ['keywords in any case', 'DROP Table X', ['drop table x']],
    ['a comment of a line', 'select 1 -- ; drop table x\n, 2', ['select 1 , 2']],
    ['a comment', 'select /* ; drop table x */ 1', ['select 1']],
    ['a comment in a comment', 'select /* a /* b */ ; drop */ 1', ['select 1']],
    ['a comment that looks like a string', "select 1 -- it's\n; select 2", ['select 1', 'select 2']],
    ['a string', "select '; drop table x'", ["select '; drop table x'"]],
    ['a string with a quote in it', "select 'it''s; x', 2", ["select 'it''s; x' , 2"]],
    ['a string with two dashes', "select '--', 2", ["select '--' , 2"]],
    ['a backslash, which is nothing in a string', "select '\\'; select 2", ["select '\\'", 'select 2']],
    ['a backslash in a string that knows it', "select e'\\'; x'; select 2", ["select '\\'; x'", 'select 2']],
    ['strings with other prefixes', "select U&'a', x'1f', N'b'", ["select 'a' , '1f' , 'b'"]],
    ['a quoted name', 'drop table "a; b""c"', ['drop table a; b"c']],
    [
      'dollar quotes',
      'do $$ begin; drop table x; end $$; select 2',
      ["do ' begin; drop table x; end '", 'select 2'],
    ],
    ['dollar quotes with a tag', 'do $a$ $$;$b$ $a$; select 2', ["do ' $$;$b$ '", 'select 2']],
    ['a parameter, which is no dollar quote', 'select $1; select $2', ['select $ 1', 'select $ 2']],
    ['a dollar in a name', 'select a$b$ ; select 2', ['select a$b$', 'select 2']],
    [
      'a semicolon in parentheses',
      'create rule r as on insert to t do (select 1; select 2); select 3',
      ['create rule r as on insert to t do ( select 1 ; select 2 )', 'select 3'],
    ],
    [
      'a body between BEGIN ATOMIC and END',
      'create or replace function f() returns int begin atomic select 1; select case when a then 2 end; end; select 3',
      [
        'create or replace function f ( ) returns int begin atomic select 1 ; select case when a then 2 end ; end',
        'select 3',
      ],
    ],
    ['BEGIN that begins a transaction', 'begin; select 1; end;', ['begin', 'select 1', 'end']],
    ['commands of psql', '\\set x 1\nselect 1;\n\\i other.sql', ['\\set x 1', 'select 1', '\\i other.sql']],
    ['rows of COPY', "copy t from stdin;\n1\t'it; drop\n\\.\nselect 2;", ['copy t from stdin', 'select 2']],
    ['rows of COPY that are none', '-- copy t from stdin;\nselect 1;\n-- \\.\n', ['select 1']],
  ])('takes %s apart', (_, sql, expected) => {
    const { fault } = scriptOf(sql)
    expect(fault).toBeUndefined()
    // What closes a statement stands in none.
    expect(statementsIn(sql).map((statement) => statement.replaceAll(' ;', ' ;'))).toEqual(expected)
  })

  it('knows on which line a statement begins', () => {
    const { statements } = scriptOf("-- one\nselect 'a\nb';\n/* four\nfive */ drop\ntable x;")
    expect(statements.map(([first]) => first?.line)).toEqual([2, 5])
  })

  it.each([
    ["select 'x", 'a string does not end'],
    ['select "x', 'a quoted name does not end'],
    ['select /* /* */', 'a comment does not end'],
    ['do $a$ $$', 'what $a$ begins does not end'],
    ['copy t from stdin;\n1\n', 'the rows of COPY do not end'],
    ['select 1;\0', 'it holds a zero byte, so it is no SQL'],
  ])('says of %j that %s', (sql, message) => {
    expect(scriptOf(sql).fault?.message).toBe(message)
  })

  it('ends on any text, and hides no statement behind a comment or a string', () => {
    const pieces = fc.constantFrom(
      "'",
      '"',
      '$$',
      '$a$',
      '--',
      '/*',
      '*/',
      '\n',
      ';',
      'E',
      '\\',
      ' ',
      'x',
      '(',
      ')',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const { tokens, fault } = tokensOf(parts.join(''))
        expect(
          tokens.every(({ value, kind }) => value.length > 0 || kind === 'text' || kind === 'name'),
        ).toBe(true)
        // A semicolon that psql would see after a closed text is seen here too.
        const closed = tokensOf(`${parts.join('')}\n;drop table seen`)
        if (fault === undefined && closed.fault === undefined && !parts.join('').endsWith('\\'))
          expect(closed.tokens.at(-1)?.value).toBe('seen')
      }),
      { numRuns: 2_000 },
    )
  })
})
