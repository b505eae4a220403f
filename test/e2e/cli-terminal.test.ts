import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import {
  always,
  cleanUp,
  exporter,
  fresh,
  listen,
  root,
  run,
  start,
  startOnTerminal,
} from '../support/cli-process.ts'
import { until } from '../support/waiting.ts'
import { held, report, stopped } from '../unit/cli/reports.ts'

afterEach(cleanUp)

/** What a terminal has shown from its first row on, one text for each time that it was drawn. */
function frames(output: string): readonly string[] {
  return output
    .split('\u001b[H')
    .slice(1)
    .map((frame) => frame.replaceAll(/\u001b\[[\d;]*[A-Za-z]|\^C/g, '').replaceAll('\r', ''))
}

describe('caracal-gate status --watch', () => {
  it('X46: is drawn anew in place at a change, and ends on Ctrl-C with the code of the verdict', async () => {
    const server = exporter(held())
    const { url } = await listen(server.listener)
    const watching = startOnTerminal(['status', '--watch', '--url', url])
    await until(() => server.waiting === 1)
    server.change(stopped())
    await watching.said('STOP')
    watching.type('\u0003')
    const { code, stdout } = await watching.ended
    expect(code).toBe(4)
    const drawn = frames(stdout)
    expect(drawn[0]).toMatch(/^HOLD {2}Hold: 1 of 2 replicas is not ready\n/)
    expect(drawn.at(-1)).toMatch(/^STOP {2}Stop: 3 dead rows in event_outbox\n/)
    for (const frame of drawn) expect(frame.split('\n').length).toBeLessThanOrEqual(24)
    // Every frame begins in the first row: nothing scrolls.
    expect(stdout).not.toMatch(/\n(HOLD|STOP) {2}/)
  })

  it('says on its last line of a terminal what cannot be told, and comes back', async () => {
    const server = exporter(report())
    const first = await listen(server.listener)
    const watching = startOnTerminal(['status', '--watch', '--url', first.url])
    await watching.said('PROCEED')
    await first.close()
    await watching.said('CANNOT TELL')
    await listen(exporter(stopped(), 'b').listener, first.port)
    await watching.said('STOP')
    watching.type('\u0003')
    expect((await watching.ended).code).toBe(4)
  })

  it('prints a block for each change where there is no terminal', async () => {
    const server = exporter(held())
    const { url } = await listen(server.listener)
    const watching = start(['status', '--watch', '--url', url])
    await until(() => server.waiting === 1)
    server.change(report())
    await watching.said('PROCEED')
    watching.send('SIGINT')
    const { code, stdout, stderr } = await watching.ended
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^HOLD {2}[^]*\n\nPROCEED {2}/)
    expect(stdout).not.toContain('\u001b')
    expect(stdout.match(/^(HOLD|PROCEED) {2}/gm)?.length).toBe(2)
  })

  it('writes blocks, without a colour, to a terminal that cannot be drawn on', async () => {
    const server = exporter(held())
    const { url } = await listen(server.listener)
    const watching = startOnTerminal(['status', '--watch', '--url', url], { TERM: 'dumb' })
    await until(() => server.waiting === 1)
    server.change(stopped())
    await watching.said('STOP')
    watching.type('\u0003')
    const { code, stdout } = await watching.ended
    expect([code, stdout.includes('\u001b')]).toEqual([4, false])
    expect(stdout).toMatch(/^HOLD {2}[^]*\r\n\r\nSTOP {2}/)
  })

  it('never ends with 0 on a verdict that it cannot confirm at the end', async () => {
    const server = exporter(report())
    const first = await listen(server.listener)
    const watching = start(['status', '--watch', '--url', first.url])
    await until(() => server.waiting === 1)
    await first.close()
    watching.send('SIGINT')
    const { code, stdout } = await watching.ended
    expect([code, stdout.startsWith('PROCEED')]).toEqual([5, true])
  })

  it('ends when its reader has seen enough', async () => {
    const server = exporter(held())
    const { url } = await listen(server.listener)
    const child = spawn(
      'sh',
      ['-c', `'${process.execPath}' src/main.ts status --watch --url ${url} | head -n 1`],
      {
        cwd: root,
      },
    )
    let said = ''
    child.stdout.on('data', (text: Buffer) => (said += text.toString()))
    const ended = new Promise((resolve) => child.on('close', resolve))
    await until(() => server.waiting === 1)
    server.change(stopped())
    expect([await ended, said]).toEqual([0, 'HOLD  Hold: 1 of 2 replicas is not ready\n'])
  })

  it.each(['json', 'markdown', 'junit'])('is not for %s', async (form) => {
    expect((await run(['status', '--watch', '-o', form])).code).toBe(2)
  })
})

describe('caracal-gate wait on a terminal', () => {
  it('keeps the last row for how far it is, and ends with what to do next', async () => {
    const server = exporter(held())
    const { url } = await listen(server.listener)
    const waiting = startOnTerminal(['wait', '--url', url, '--timeout', '1h'])
    await until(() => server.waiting === 1)
    await waiting.said('waiting')
    server.change(report())
    const { code, stdout } = await waiting.ended
    expect(code).toBe(0)
    const text = stdout.replaceAll(/\u001b\[\d+m/g, '')
    expect(text).toMatch(/\r\u001b\[KHOLD {2}waiting \d+ m?s of 1 h, rolling, steady 0 ms of 30 s\r/)
    expect(text).toMatch(/\u001b\[K\d\d:\d\d:\d\dZ may proceed after [^;]+; next: caracal-gate finish/)
  })
})

describe('--format github', () => {
  it('adds annotations to the log and a note to the summary of the step', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'caracal-gate-summary-'))
    const file = join(folder, 'summary.md')
    const { url } = await listen(exporter(stopped()).listener)
    const env = { GITHUB_STEP_SUMMARY: file }
    const shown = await run(['status', '--format', 'github', '--url', url], env)
    expect([shown.code, shown.stderr]).toEqual([4, ''])
    expect(shown.stdout).toMatch(/^STOP {2}[^]*\n::error title=Rollout gate%3A stop::[^\n]*%0APage: http:/)
    const waited = await run(['wait', '-o', 'json', '--format', 'github', '--url', url], env)
    expect(JSON.parse(waited.stdout)).toMatchObject({ verdict: 'stop' })
    expect(waited.stderr).toMatch(/^::error title=Rollout gate%3A stop::/m)
    const explained = await run(['explain', '--format', 'github', '--url', url], env)
    expect([explained.code, explained.stdout]).toEqual([4, expect.stringContaining('\n::error title=')])
    expect((await readFile(file, 'utf8')).match(/^\*\*STOP\*\* /gm)?.length).toBe(3)
    await rm(folder, { recursive: true })
  })

  it('leaves no command of a runner in the text of a document', async () => {
    const message = '::stop-commands::x ##[add-mask]y'
    const document = fresh(held({ summary: message, blocking: [], gates: held().gates }), 'a')
    const { url } = await listen(always(200, JSON.stringify(document), { date: new Date().toUTCString() }))
    const { stdout } = await run(['status', '--all', '--format', 'github', '--url', url])
    const [text = '', annotations = ''] = stdout.split(/\n(?=::)/)
    expect(text).toContain('stop-commands')
    expect(text).not.toMatch(/^\s*::|##\[/m)
    expect(annotations).toMatch(/^::warning title=/)
  })
})
