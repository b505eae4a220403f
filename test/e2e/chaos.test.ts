import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')

function chaos(...words: readonly string[]) {
  return run(process.execPath, ['chaos/main.ts', ...words], { cwd: root, timeout: 230_000 }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: unknown; stdout: string; stderr: string }) => ({
      code,
      stdout,
      stderr,
    }),
  )
}

describe('chaos', () => {
  it('finds nothing that may never be in half a minute of faults', async () => {
    const { code, stdout } = await chaos('--seed', '1', '--minutes', '0.5')
    expect(stdout).toMatch(/seed 1: \d+ faults, \d+ documents, .*, 0 violations/)
    expect(code).toBe(0)
  })

  it('refuses options that it does not understand, with what is allowed', async () => {
    const { code, stderr } = await chaos('--minutes', 'many')
    expect(stderr).toMatch(/^--minutes: "many" is no number above 0 and up to 1440\n\nnpm run chaos/)
    expect(code).toBe(2)
  })
})
