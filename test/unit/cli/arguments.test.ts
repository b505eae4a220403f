import { describe, expect, it } from 'vitest'
import { commands } from '../../../src/cli/commands.ts'
import { endpointFrom } from '../../../src/cli/connect.ts'
import { pathOf } from '../../../src/cli/demands.ts'
import { UsageError } from '../../../src/cli/options.ts'
import { readCall } from '../../../src/cli/program.ts'

const nowhere = { write: () => true }

/** What a command is given by these words. */
async function given(...words: readonly string[]) {
  const call = await readCall(words, commands, { stdout: nowhere, stderr: nowhere })
  if (typeof call === 'number') throw new Error('asks for help')
  return call
}

async function connectionOf(...words: readonly string[]) {
  const { values } = await given('status', ...words)
  return values as Parameters<typeof endpointFrom>[0]
}

describe('arguments', () => {
  it.each([
    ['--timout', '5m', "unknown option '--timout', did you mean --timeout?"],
    ['--zzzzzz', '', "unknown option '--zzzzzz'"],
    ['--timeout', '--steady', '--timeout needs a value: --timeout TIME'],
    ['--timeout=', '', '--timeout needs a value: --timeout TIME'],
    ['--timeout', '169h', '--timeout is "169h"; allowed: a time from 1s to 168h, such as 90s, 5m or 1h30m'],
    ['--until', 'proced', '--until is "proced"; allowed: proceed, decided, stop; did you mean proceed?'],
    ['--fail-fast=yes', '', "unknown option '--fail-fast=yes'"],
    ['proceed', '', "too many arguments for 'wait'. Expected 0 arguments but got 1: proceed."],
    ['\u001b[31m', '', "too many arguments for 'wait'. Expected 0 arguments but got 1:  [31m."],
  ])('%s %s: %s', async (first, second, message) => {
    const refused = given('wait', ...[first, second].filter((word) => word !== ''))
    await expect(refused).rejects.toThrow(UsageError)
    await expect(refused).rejects.toThrow(new UsageError(message))
  })

  it.each([
    [['finish'], 'missing ID'],
    [['finish', 'r1'], 'missing --outcome done|failed'],
    [
      ['finish', ' . ', '--outcome', 'done'],
      'ID is "."; allowed: 1 to 200 visible characters, not only dots',
    ],
    [['stauts'], "unknown command 'stauts', did you mean status?"],
    [['evidnce'], "unknown command 'evidnce', did you mean evidence?"],
    [['help', 'stauts'], "unknown command 'stauts', did you mean status?"],
  ])('%j: %s', async (words, message) => {
    await expect(given(...words)).rejects.toThrow(new UsageError(message))
  })

  it('may be short, with or without an equals sign, before and after, and given again', async () => {
    const { values } = await given(
      'status',
      '-o',
      'text',
      '--output=json',
      '--max-age',
      '15s',
      '--steady=1h30m',
    )
    expect(values).toMatchObject({
      output: 'json',
      maxAge: 15_000,
      steady: 5_400_000,
      image: [],
      noColor: false,
    })
    const { values: ended, argument } = await given('finish', '--outcome', 'failed', 'r1', '--reason=-x')
    expect([argument, ended]).toEqual(['r1', expect.objectContaining({ outcome: 'failed', reason: '-x' })])
  })

  it('of which one takes another back count in their order', async () => {
    const failFast = async (...words: readonly string[]) => (await given('wait', ...words)).values['failFast']
    expect(await failFast()).toBe(true)
    expect(await failFast('--no-fail-fast')).toBe(false)
    expect(await failFast('--no-fail-fast', '--fail-fast')).toBe(true)
  })

  it('put demands into the question in a form that the exporter takes', () => {
    expect(pathOf({})).toBe('gates')
    expect(
      pathOf({ rollout: 'caracal/47 b', steady: 90_000, maxAge: 1_500 }, { wait: 25_000.7, index: 'k.1' }),
    ).toBe('gates?rollout=caracal%2F47+b&steady=90000ms&maxAge=1500ms&wait=25000ms&index=k.1')
  })

  it('take the address from the flag, else the environment, else this machine', async () => {
    const addressOf = async (argv: string[], env: Record<string, string>) =>
      (await endpointFrom(await connectionOf(...argv), env)).url.href
    expect(await addressOf([], {})).toBe('http://127.0.0.1:9465/')
    expect(await addressOf([], { CARACAL_GATE_URL: 'https://gate.example/caracal' })).toBe(
      'https://gate.example/caracal/',
    )
    expect(await addressOf(['--url', 'http://a:1'], { CARACAL_GATE_URL: 'http://b:1' })).toBe('http://a:1/')
  })

  it.each([
    ['ftp://x', 'allowed: http:// or https://'],
    ['localhost:9465', 'allowed: http:// or https://'],
    ['http://x/?a=b', 'has a query'],
    ['http://me:secret@x/', 'holds a user or password'],
  ])('refuse the address %s', async (url, message) => {
    const refusal = endpointFrom(await connectionOf('--url', url), {})
    await expect(refusal).rejects.toThrow(message)
    await expect(refusal).rejects.not.toThrow('secret')
  })

  it('refuse a certificate authority for an address without TLS, and a token of two lines', async () => {
    await expect(endpointFrom(await connectionOf('--ca-file', '/x'), {})).rejects.toThrow(
      'for an https address',
    )
    await expect(endpointFrom(await connectionOf(), { CARACAL_GATE_TOKEN: 'a\nb' })).rejects.toThrow(
      'one token',
    )
  })
})
