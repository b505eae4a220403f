import { describe, expect, it } from 'vitest'
import { readScript } from '../../../src/sql/script.ts'

/** The parts, each as what stands in the file; a fault as its message. */
async function partsOf(sql: string): Promise<readonly string[]> {
  const { parts } = await readScript(sql)
  return parts.map((part) => {
    if (part.kind === 'statement') return part.text.trim()
    return part.kind === 'psql' ? part.command : `fault: ${part.message}`
  })
}

describe('SQL, as psql reads it', () => {
  it.each([
    ['two statements', 'select 1; select 2;', ['select 1', 'select 2']],
    ['the last without a semicolon', 'select 1', ['select 1']],
    ['empty statements', ';;\n;', []],
    ['nothing but a comment', '-- nothing\n', []],
    ['a comment of a line', 'select 1 -- ; drop table x\n, 2', ['select 1 -- ; drop table x\n, 2']],
    [
      'a comment in a comment',
      'select /* a /* b */ ; drop */ 1; select 2',
      ['select /* a /* b */ ; drop */ 1', 'select 2'],
    ],
    ['a comment that looks like a string', "select 1; -- it's\n; select 2", ['select 1', 'select 2']],
    [
      'strings with semicolons and quotes',
      "select 'it''s; x', '--'; select 2",
      ["select 'it''s; x', '--'", 'select 2'],
    ],
    ['a backslash, which is nothing in a string', "select '\\'; select 2", ["select '\\'", 'select 2']],
    ['a backslash in a string that knows it', "select e'\\'; x'; select 2", ["select e'\\'; x'", 'select 2']],
    [
      'control characters in a string',
      "select 'a\tb\u0001;'; select 2",
      ["select 'a\tb\u0001;'", 'select 2'],
    ],
    [
      'letters of several bytes',
      'select \'é😀;\', ü from "ß;"; select 2',
      ['select \'é😀;\', ü from "ß;"', 'select 2'],
    ],
    ['dollar quotes with a tag', 'do $a$ $$;$b$ $a$; select 2', ['do $a$ $$;$b$ $a$', 'select 2']],
    [
      'a semicolon in parentheses',
      'create rule r as on insert to t do (select 1; select 2); select 3',
      ['create rule r as on insert to t do (select 1; select 2)', 'select 3'],
    ],
    [
      'a body between BEGIN ATOMIC and END',
      'create function f() returns int begin atomic select 1; select case when a then 2 end; end; select 3',
      [
        'create function f() returns int begin atomic select 1; select case when a then 2 end; end',
        'select 3',
      ],
    ],
    ['BEGIN that begins a transaction', 'begin; select 1; end;', ['begin', 'select 1', 'end']],
    [
      'commands of psql',
      '\\set x 1\nselect 1;\n  \\i other.sql\nselect 2',
      ['\\set x 1', 'select 1', '\\i other.sql', 'select 2'],
    ],
    [
      'a command with half a string',
      "\\echo it's\nselect 1; select 2",
      ["\\echo it's", 'select 1', 'select 2'],
    ],
    [
      'lines in a string that look like commands',
      "select '\n\\i x\n'; select 2",
      ["select '\n\\i x\n'", 'select 2'],
    ],
    ['lines in a comment that look like commands', '/*\n\\i x\n*/ select 2', ['select 2']],
    [
      'rows of COPY',
      "copy t from stdin;\n1\t'it; drop\n\\N\n\\.\nselect 2;",
      ['copy t from stdin', 'select 2'],
    ],
    ['rows of COPY that are none', '-- copy t from stdin;\nselect 1;\n-- \\.\n', ['select 1']],
    ['a name that is stdin', 'select stdin; select 2', ['select stdin', 'select 2']],
  ])('takes %s apart', async (_, sql, expected) => {
    expect(await partsOf(sql)).toEqual(expected)
  })

  it('knows on which line a statement, a command and a comment begin', async () => {
    const { parts, comments } = await readScript(
      "-- é\nselect 'a\nb';\n/* four\nfive */ drop\ntable x;\n\\echo x\n-- eight\nselect 3;\n\ndrop table y",
    )
    expect(parts.map(({ line }) => line)).toEqual([2, 5, 7, 9, 11])
    expect(comments).toEqual([
      { text: ' é', line: 1 },
      { text: ' eight', line: 8 },
    ])
  })

  it.each([
    ["select 1;\n\nselect 'x", 'can\'t be read: unterminated quoted string at or near "\'x"', 3],
    ['select "x', 'can\'t be read: unterminated quoted identifier at or near ""x"', 1],
    ['do $a$ $$', 'can\'t be read: unterminated dollar-quoted string at or near "$a$ $$"', 1],
    ['copy t from stdin;\n1\n', "can't be read: the rows of COPY do not end", 1],
    [
      'copy t from stdin; select 1;\n1\n\\.\n',
      "can't be read: there is something between COPY and its rows",
      1,
    ],
    ['select 1;\0drop table t', "can't be read: it holds a zero byte, so it is no SQL", 1],
    ['select\n:x', 'uses a variable of psql', 2],
    ['select 1\n\\echo x\n;', 'has a command of psql in the middle of a statement', 2],
    [`select ${'1+'.repeat(200_000)}1`, "can't be read: a statement nests too deeply", 1],
    [`select ${'('.repeat(100_000)}`, 'can\'t be read: memory exhausted at or near "("', 1],
    [
      '\\i x\n'.repeat(300),
      "can't be read: it has more than 200 lines that may be commands of psql or rows of COPY",
      201,
    ],
  ])('says what is wrong with %j', async (sql, message, line) => {
    const { parts } = await readScript(sql)
    const fault = parts.find(({ kind }) => kind === 'fault')
    expect(fault).toEqual({ kind: 'fault', message, line })
  })

  it('reads the next file after one that the parser could not bear', async () => {
    await readScript(`select ${'1+'.repeat(200_000)}1`)
    expect(await partsOf('select 1')).toEqual(['select 1'])
  })
})
