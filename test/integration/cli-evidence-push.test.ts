import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { removeFolder, temporaryFolder } from '../../rig/processes.ts'
import { always, cleanUp, listen, start } from '../support/cli-process.ts'
import { env, evidence, taking } from '../support/evidence.ts'
import { until } from '../support/waiting.ts'

afterEach(cleanUp)

const pushing = ['push', 'schema-compatibility', '--outcome', 'pass', '--message', 'tested']

describe('caracal-gate evidence push', () => {
  it('posts what was said, by whom and since when, with the token', async () => {
    const { sent, listener } = taking()
    const { url } = await listen(listener)
    const args = ['--rollout', 'caracal/48', '--valid-for', '1h', '--reason', 'nightly', '--url', url]
    const ended = await evidence([...pushing, ...args, '--digest', `sha256:${'a'.repeat(64)}`])
    expect([ended.code, ended.stderr]).toEqual([0, ''])
    expect(ended.stdout).toMatch(/^pushed schema-compatibility: pass, until .*Z: tested \[sha256:a{64}\]\n$/)
    expect(sent).toEqual([
      {
        path: '/evidence/schema-compatibility',
        authorization: 'Bearer secret-token',
        body: {
          outcome: 'pass',
          message: 'tested',
          digest: `sha256:${'a'.repeat(64)}`,
          rollout: 'caracal/48',
          actor: 'pipeline-17',
          reason: 'nightly',
          issuedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
          validForSeconds: 3_600,
        },
      },
    ])
  })

  it('pushes fail as well, and ends with 0, since it did what it was told', async () => {
    const { sent, listener } = taking()
    const { url } = await listen(listener)
    const args = ['push', 'x', '--outcome', 'fail', '--message', 'broken', '--url', url, '-o', 'json']
    const { code, stdout } = await evidence(args)
    expect([code, sent[0]?.body['outcome']]).toEqual([0, 'fail'])
    expect(JSON.parse(stdout)).toMatchObject({ pushed: true, evidence: [{ check: 'x', answer: {} }] })
  })

  it('tries again with the very same evidence when it could not be kept', async () => {
    const { sent, listener } = taking(503, 500)
    const { url } = await listen(listener)
    expect((await evidence([...pushing, '--url', url])).code).toBe(0)
    expect(sent.length).toBe(3)
    expect(new Set(sent.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  })

  it.each([
    [401, 'give a token of scope evidence'],
    [403, 'give a token of scope evidence'],
    [404, 'wrong: so wrong'],
    [409, 'wrong: so wrong (409)'],
    [400, 'wrong: so wrong'],
  ])('ends with 5 when it is refused with %i, at once and in words', async (status, words) => {
    const { sent, listener } = taking(status)
    const { url } = await listen(listener)
    const ended = await evidence([...pushing, '--url', url])
    expect([ended.code, ended.stdout, sent.length]).toEqual([5, '', 1])
    expect(ended.stderr).toContain(words)
    expect(ended.stderr).not.toContain('secret-token')
  })

  it.each([
    ['a web page', always(200, '<html>'), 'is --url the exporter'],
    ['a redirect', always(302, '', { location: 'http://127.0.0.1:1/' }), 'answered 302'],
    [
      'X94: a login in front',
      always(401, '', { 'www-authenticate': 'Basic realm="ops"' }),
      'something in front of the exporter wants a login',
    ],
  ])('ends with 5 when %s answers', async (_, listener, words) => {
    const { url } = await listen(listener)
    const ended = await evidence([...pushing, '--url', url])
    expect(ended.code).toBe(5)
    expect(ended.stderr).toContain(words)
  })

  it('ends by a signal while it tries again', async () => {
    const { sent, listener } = taking(503, 503, 503, 503)
    const { url } = await listen(listener)
    const running = start(['evidence', ...pushing, '--url', url], env)
    await until(() => sent.length > 0)
    running.send('SIGTERM')
    expect((await running.ended).code).toBe(143)
  })

  it.each([
    ['no check', ['push', '--outcome', 'pass', '--message', 'x'], 'missing CHECK'],
    ['two checks', ['push', 'a', 'b'], 'Expected 1 argument but got 2: a, b'],
    ['no outcome', ['push', 'a', '--message', 'x'], 'missing --outcome pass|fail'],
    ['another outcome', ['push', 'a', '--outcome', 'passed', '--message', 'x'], 'allowed: pass, fail'],
    ['no message', ['push', 'a', '--outcome', 'pass'], 'missing --message TEXT'],
    ['a digest that is none', [...pushing, '--digest', 'abc'], '64 hexadecimal digits'],
    ['a validity without end', [...pushing, '--valid-for', '1000h'], 'allowed: a time from 1s to 720h'],
    ['too long a reason', [...pushing, '--reason', 'x'.repeat(301)], '1 to 300 characters'],
  ])('ends with 2 for %s', async (_, args, words) => {
    const { code, stderr } = await evidence(args)
    expect(code).toBe(2)
    expect(stderr).toContain(words)
  })

  it('ends with 2 before any work when there is no token, or nobody who says so', async () => {
    expect((await evidence(pushing, { CARACAL_GATE_TOKEN: '' })).stderr).toContain('scope evidence')
    const nobody = await evidence(pushing, { CARACAL_GATE_ACTOR: '' })
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('--actor NAME')])
  })

  it('only shows with --dry-run, and needs neither exporter nor token', async () => {
    const { code, stdout } = await evidence([...pushing, '--dry-run'], { CARACAL_GATE_TOKEN: '' })
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^would push schema-compatibility: pass/)])
  })
})

describe('R226: caracal-gate evidence push --file', () => {
  const entry = {
    component: 'gateway',
    replica: '10.0.0.1:8081',
    outcome: 'pass',
    step: 'audit',
    reason: 'ok',
  }

  async function pushed(content: unknown, ...more: readonly string[]) {
    const folder = await temporaryFolder('evidence')
    const file = join(folder, 'result.json')
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
    const { sent, listener } = taking()
    const { url } = await listen(listener)
    const ended = await evidence(['push', 'canary', '--file', file, '--url', url, ...more])
    await removeFolder(folder)
    return { ...ended, sent }
  }

  it('pushes what a program found of each replica, as of when it was found', async () => {
    const issuedAt = '2026-11-22T20:15:00Z'
    const { code, sent } = await pushed({ outcome: 'pass', issuedAt, replicas: [entry], more: 1 })
    expect([code, sent[0]?.path]).toEqual([0, '/evidence/canary'])
    expect(sent[0]?.body).toMatchObject({ outcome: 'pass', message: 'pass', issuedAt, replicas: [entry] })
    expect(sent[0]?.body).not.toHaveProperty('more')
  })

  it('takes the output of the canary, of which unknown is no pass', async () => {
    const issuedAt = '2026-11-22T20:15:00Z'
    const entries = [{ ...entry, outcome: 'unknown', nextStep: 'run it again' }]
    const { sent } = await pushed({ run: 'x', outcome: 'unknown', issuedAt, entries })
    expect(sent[0]?.body).toMatchObject({ outcome: 'fail', replicas: [{ ...entry, outcome: 'unknown' }] })
    expect(JSON.stringify(sent[0]?.body)).not.toContain('nextStep')
  })

  it.each<[string, unknown, string]>([
    ['is no JSON', '{"outcome":', 'is not a JSON object'],
    ['is a list', [entry], 'is not a JSON object'],
    ['has no outcome', { issuedAt: 'x' }, 'outcome of'],
    ['has no time, so that it may be of last week', { outcome: 'pass' }, 'issuedAt of'],
    ['has replicas that are no list', { outcome: 'pass', issuedAt: 'x', replicas: 7 }, 'must be a list'],
    ['is too large', 'x'.repeat(257 * 1024), 'is larger than 256 KiB'],
  ])('pushes nothing of a file that %s', async (_, content, words) => {
    const { code, stderr, sent } = await pushed(content)
    expect([code, sent.length, stderr]).toEqual([2, 0, expect.stringContaining(words)])
  })

  it('is one way, and the outcome with a message the other', async () => {
    const both = await pushed({}, '--outcome', 'pass')
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('either --file or --outcome')])
    const neither = await evidence(['push', 'canary', '--message', 'x'])
    expect([neither.code, neither.stderr]).toEqual([2, expect.stringContaining('missing --outcome')])
  })
})
