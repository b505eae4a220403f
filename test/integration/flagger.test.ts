import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { certificateAuthority } from '../../rig/certificate-authority.ts'
import { advance, callHooks, canary } from '../support/clients/flagger.ts'
import { at, pageOf, spoilt, type Tree } from '../support/clients/recipe.ts'
import { verdictServer } from '../support/clients/verdict-server.ts'
import { afterwards, cleanUp } from '../support/cli-process.ts'
import {
  closedAmidBody,
  misbehavingServer,
  says,
  type Behaviour,
  type ServerOptions,
} from '../support/misbehaving-server.ts'

// Flagger by its own code: flagger-1.44.0 of test/clients.

afterEach(cleanUp)

const hooks = ['spec', 'analysis', 'webhooks'] as const

async function listening(
  behaviour: Behaviour,
  options: ServerOptions = {},
): Promise<{ readonly url: string }> {
  const server = await misbehavingServer(behaviour, options)
  afterwards(() => server.close())
  return { url: server.url }
}

const page = says({ type: 'text/html', body: '<title>Sign in</title>' })
const redirect: Behaviour = (socket, request) =>
  (request.path === '/login' ? page : says({ status: 302, headers: { location: '/login' } }))(socket, request)

/** The rows of the page's table of strangers, by their first cell. */
const strangers: Readonly<Record<string, Behaviour>> = {
  'a page with 200': page,
  'an empty 200': says({}),
  '202': says({ status: 202 }),
  'a redirect to a page': redirect,
  'an old proceed, repeated': says({ body: '{"verdict":"proceed","expiresAt":"2026-01-01T00:00:00.000Z"}' }),
  '204': says({ status: 204 }),
  '401': says({ status: 401, headers: { 'www-authenticate': 'Basic realm="ops"' } }),
  '407': says({ status: 407 }),
  '502': says({ status: 502, body: '<h1>Bad gateway' }),
  'broken off': closedAmidBody,
}

function rowsOf(): ReadonlyMap<string, readonly [confirm: string, rollback: string]> {
  const [, table = ''] = /## Nothing may stand between([^]*?)\n## /.exec(pageOf('flagger.md')) ?? []
  const rows = [...table.matchAll(/^\| (.*?) +\| (.*?) +\| (.*?) +\|$/gm)].slice(2)
  return new Map(rows.map(([, name = '', confirm = '', rollback = '']) => [name, [confirm, rollback]]))
}

/** What the hooks came to, in the words of the page. */
async function effectsAt(asking: { readonly url: string }, trust?: string): Promise<readonly string[]> {
  const called = await callHooks(canary(), asking, trust)
  expect(called.map(({ type }) => type)).toEqual(['confirm-rollout', 'confirm-promotion', 'rollback'])
  const [rollout, promotion, rollback] = called.map(({ error }) => error === '')
  expect(promotion).toBe(rollout)
  return [rollout === true ? 'opens' : 'waits', rollback === true ? 'rolls back' : 'nothing']
}

describe('what Flagger makes of an answer that is not of the exporter', () => {
  it('is all on the page', () => {
    const tried = [...Object.keys(strangers), 'another certificate']
    expect([...rowsOf().keys()].toSorted()).toEqual(tried.toSorted())
  })

  it.each(Object.entries(strangers))('X01: %s', async (name, behaviour) => {
    expect(await effectsAt(await listening(behaviour))).toEqual(rowsOf().get(name))
  })

  it('X01: another certificate, where only that of the exporter is trusted', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'caracal-flagger-'))
    afterwards(() => rm(folder, { recursive: true }))
    const [own, other] = [certificateAuthority(), certificateAuthority()]
    const trust = join(folder, 'ca.crt')
    await writeFile(trust, own.ca)
    const identity = (authority: typeof own) => ({ tls: authority.issue('localhost') })
    const stranger = await listening(page, identity(other))
    expect(await effectsAt(stranger, trust)).toEqual(rowsOf().get('another certificate'))
    const exporter = await listening(says({ body: '{"verdict":"proceed"}' }), identity(own))
    expect((await callHooks(canary(), exporter, trust))[0]).toMatchObject({ error: '' })
    // What the page forbids.
    const careless = [0, 1, 2].reduce<Tree>(
      (object, at) => spoilt(object, [...hooks, at, 'disableTLS'], true),
      canary(),
    )
    expect((await callHooks(careless, stranger, trust))[0]).toMatchObject({ error: '' })
  })
})

describe('Flagger', () => {
  const url = (path: string) => `http://caracal-gate.caracal:9465${path}`

  it('would roll a healthy release back with /gates/proceed in its rollback hook', async () => {
    const wrong = spoilt(canary(), [...hooks, 2, 'url'], url('/gates/proceed'))
    expect(await advance(wrong, await verdictServer('proceed'))).toMatchObject({ effect: 'rolls back' })
    expect(await advance(canary(), await verdictServer('proceed'))).toMatchObject({ effect: 'opens' })
  })

  it('would open on hold at /gates', async () => {
    const wrong = spoilt(
      spoilt(canary(), [...hooks, 0, 'url'], url('/gates')),
      [...hooks, 1, 'url'],
      url('/gates'),
    )
    expect(await advance(wrong, await verdictServer('hold'))).toMatchObject({ effect: 'opens' })
  })

  it('would lose the reason with hold=503, and has it otherwise', async () => {
    const wrong = spoilt(canary(), [...hooks, 0, 'url'], url('/gates/proceed?hold=503'))
    const { detail: lost } = await advance(wrong, await verdictServer('hold'))
    expect(lost).toContain('giving up')
    expect((await advance(canary(), await verdictServer('hold'))).detail).toContain('as it is')
  })

  it('knows every field of the recipe', async () => {
    const wrong = spoilt(canary(), [...hooks, 0, 'retry'], 3)
    await expect(callHooks(wrong, await verdictServer('hold'))).rejects.toThrow('unknown field "retry"')
    expect(at(canary(), 'kind')).toBe('Canary')
  })
})
