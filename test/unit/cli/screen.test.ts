import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wrapAnsi } from 'fast-wrap-ansi'
import { pastable } from '../../../src/cli/pastable.ts'
import { anyScreen, screenOf, type Line } from '../../../src/cli/screen.ts'
import { nasty } from './hostile.ts'
import { printable } from '../../../src/cli/text.ts'

const write = () => true

async function rows(columns: number, ...lines: readonly Line[]): Promise<readonly string[]> {
  return (await screenOf({ stdout: { write, isTTY: true, columns }, env: {} })).rows(lines)
}

describe('a line on a screen', () => {
  it('continues below its text, at blanks', async () => {
    expect(await rows(24, { head: '   where    ', text: 'sts-1 and gateway-2 too' })).toEqual([
      '   where    sts-1 and',
      '            gateway-2',
      '            too',
    ])
  })

  it('X46: is broken in a word only where that is longer than a row', async () => {
    expect(await rows(20, { head: '  ', text: `one-two ${'x'.repeat(20)} three` })).toEqual([
      '  one-two xxxxxxxxxx',
      '  xxxxxxxxxx three',
    ])
  })

  it('has its head in a row of its own where the text would be too narrow beside it', async () => {
    expect(await rows(20, { head: '   expected  ', text: 'no row is dead' })).toEqual([
      '   expected',
      '  no row is dead',
    ])
  })

  it('counts wide letters as two columns and marks as none, and leaves marks at their letters', async () => {
    expect(await rows(20, { text: '日本語'.repeat(5) })).toEqual(['日本語日本語日本語日', '本語日本語'])
    expect(await rows(20, { text: 'x\u0301'.repeat(25) })).toEqual([
      'x\u0301'.repeat(20),
      'x\u0301'.repeat(5),
    ])
  })

  it('says where it was cut', async () => {
    expect(await rows(80, { text: 'word '.repeat(50), most: 1 })).toEqual([`${'word '.repeat(16).trim()}…`])
  })

  it('is never wider than the screen, whatever it says', () => {
    return fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 20, max: 120 }),
        fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: 'binary', maxLength: 200 })),
        async (columns, text) => {
          for (const row of await rows(columns, { head: '   first    ', text: printable(text) }))
            expect(wrapAnsi(row, columns, { hard: true, trim: false, wordWrap: false })).toBe(row)
        },
      ),
    )
  })

  it('is whole where no width is known, and has that of COLUMNS', async () => {
    const text = 'word '.repeat(50).trim()
    expect((await screenOf({ stdout: { write }, env: {} })).rows([{ text }])).toEqual([text])
    const narrow = await screenOf({ stdout: { write }, env: { COLUMNS: '30' } })
    expect(narrow.rows([{ text }]).length).toBe(9)
    expect(await screenOf({ stdout: { write }, env: { COLUMNS: 'wide' } })).toBe(anyScreen)
  })

  it('follows a terminal whose size changes', async () => {
    const stdout = { write, isTTY: true, columns: 80, rows: 24 }
    const screen = await screenOf({ stdout, env: {} })
    const lines = [{ text: 'word '.repeat(10) }]
    expect([screen.rows(lines).length, screen.height]).toEqual([1, 23])
    Object.assign(stdout, { columns: 25, rows: 10 })
    expect([screen.rows(lines).length, screen.height]).toEqual([2, 9])
  })
})

describe('a command on a screen', () => {
  const command = `printf '%s\\n' -- "two  words" it\\'s 'a "quoted" one' --selector=app.kubernetes.io/name=x plain`

  it('can be pasted into a shell, however narrow the screen', () => {
    const said = (text: string) => spawnSync('sh', ['-c', text], { encoding: 'utf8', timeout: 10_000 }).stdout
    const whole = said(command)
    expect(whole.split('\n').length).toBe(7)
    for (const width of [12, 20, 40, 60]) {
      const broken = pastable(command, width)
      expect(broken.length).toBeGreaterThan(1)
      expect(said(broken.map((row) => `            ${row}`).join('\n'))).toBe(whole)
    }
  })

  it('keeps an option and its value together where there is room', () => {
    expect(pastable('caracal-gate ack x --reason "why it is safe" --token-file FILE', 36)).toEqual([
      'caracal-gate ack x \\',
      '  --reason "why it is safe" \\',
      '  --token-file FILE',
    ])
  })

  it.each([
    ['a substitution', 'kubectl logs "$(kubectl get pod -l app=x -o name)" --since=5m'],
    ['backquotes', 'kubectl logs `kubectl get pod -o name` --since=5m'],
    ['a comment', 'redis-cli ping # and then look at the log of it'],
    ['quotes that do not close', "psql -c 'SELECT 1 FROM event_outbox LIMIT 5"],
    ['a document', 'psql <<EOF and more than a line can hold EOF'],
  ])('stays whole with %s', (_, text) => {
    expect(pastable(text, 20)).toEqual([text])
  })
})
