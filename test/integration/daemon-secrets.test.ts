import { createReadStream, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createZstdDecompress } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { passwordOf } from '../../demo/configuration.ts'
import { run } from '../support/cli-process.ts'
import { author, proceeds, setGround, type Gate, type Ground } from '../support/daemon.ts'
import { eventually } from '../support/waiting.ts'

const redisPassword = 'redis-Zq7/pass+%&word'
const metricsBearer = 'bearer-Wm3xK9'
const wrong = 'wrong-Hy5tR2'

let ground: Ground
let gate: Gate
let secrets: readonly string[]
let recordings: string

beforeAll(async () => {
  ground = await setGround({
    redis: { config: { requirepass: redisPassword } },
    platform: { metricsBearer },
  })
  secrets = [redisPassword, metricsBearer, wrong, ground.token, passwordOf(ground.platform.postgres.url)]
  writeFileSync(ground.files.redisPassword, redisPassword)
  recordings = join(ground.folder, 'recordings')
  ground.configure((configuration) => void (configuration['recording'] = { directory: recordings }))
  gate = await ground.start()
  await gate.until('proceed', proceeds, 20)
})
afterAll(() => ground.end())

/** Everything that the daemon says to anybody, by where it says it. */
async function everythingSaid(): Promise<ReadonlyMap<string, string>> {
  const { text: metrics } = await gate.get('/metrics')
  const probes = [...metrics.matchAll(/probe_attempts_total\{probe="([^"]+)"/g)].map(([, name]) => name)
  const paths = [
    '/gates',
    '/stop-conditions',
    '/rollouts',
    '/rollouts/r1',
    '/recordings',
    '/config',
    '/healthz',
    '/readyz',
    ...probes.map((name) => `/debug/probes/${name}`),
  ]
  expect(probes.length).toBeGreaterThan(8)
  const said = new Map([
    ['log', ground.log()],
    ['metrics', metrics],
  ])
  for (const path of paths) said.set(path, (await gate.get(path)).text)
  for (const name of readdirSync(dirname(ground.files.state)))
    said.set(name, readFileSync(join(dirname(ground.files.state), name), 'utf8'))
  for (const name of readdirSync(recordings)) said.set(name, await recorded(join(recordings, name)))
  return said
}

/** What a recording holds, also one that is being written. */
async function recorded(file: string): Promise<string> {
  let text = ''
  try {
    for await (const chunk of createReadStream(file).pipe(createZstdDecompress())) text += String(chunk)
  } catch (fault) {
    expect(fault).toMatchObject({ code: 'Z_BUF_ERROR' })
  }
  expect(text).toContain('"state"')
  return text
}

/** As it is, and as it would look in a URL, in a form, in JSON and in a header. */
function disguises(secret: string): readonly string[] {
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '')
  const inUrl = encodeURIComponent(secret)
  return [secret, inUrl, inUrl.replaceAll('%20', '+'), JSON.stringify(secret).slice(1, -1), base64]
}

async function expectSilence(): Promise<void> {
  for (const [place, text] of await everythingSaid()) expectNoSecret(place, text)
}

function expectNoSecret(place: string, text: string): void {
  for (const secret of secrets)
    for (const disguise of disguises(secret))
      expect(text.includes(disguise), `${disguise} in ${place}`).toBe(false)
}

/** Has the daemon use a wrong secret until its failures show, and the right one again. */
async function withWrong(file: string, text: string): Promise<void> {
  const right = readFileSync(file, 'utf8')
  writeFileSync(file, text)
  await gate
    .until('it is refused', ({ verdict, evaluator }) => verdict === 'hold' || !evaluator.configReload.ok, 10)
    .then(expectSilence)
    .finally(() => writeFileSync(file, right))
  await gate.until('proceed again', proceeds, 20)
}

describe('no secret is said anywhere', () => {
  it('when all is well', async () => {
    expect((await gate.post('/rollouts', { id: 'r1', ...author })).status).toBe(201)
    const config = (await gate.get('/config')).text
    expect(config).toContain('"postgres"')
    await expectSilence()
  })

  it('when Redis, Postgres or a service refuses it', async () => {
    await withWrong(ground.files.redisPassword, wrong)
    await withWrong(ground.files.postgresPassword, wrong)
    await withWrong(ground.files.metricsBearer, wrong)
  })

  it('when it is no header that could be sent', async () => {
    await withWrong(ground.files.metricsBearer, `${wrong}\u0001\u00e9`)
  })

  it.each(['redis-hung', 'postgres-hung', 'replica-html', 'replica-refused'])('at %s', async (fault) => {
    await ground.platform.faults.inject(fault)
    await gate.until('it is noticed', ({ verdict }) => verdict !== 'proceed', 15)
    await expectSilence()
    await ground.platform.faults.clear(fault)
    await gate.until('proceed again', proceeds, 30)
  })

  it('when a command is refused', async () => {
    for (const token of [wrong, `${ground.token}x`, redisPassword]) {
      const response = await fetch(`${gate.url}/rollouts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ id: 'r2', ...author }),
      })
      expect(response.status).toBe(401)
      expectNoSecret('the answer', await response.text())
    }
    await expectSilence()
  })

  const misplaced: readonly (readonly [string, object])[] = [
    ['a URL of Redis', { redis: { url: `redis://user:${encodeURIComponent(wrong)}@127.0.0.1:6379` } }],
    ['a URL of Postgres', { postgres: { url: `postgres://gate:${wrong}@127.0.0.1/caracal` } }],
    ['a URL of a replica', { services: { api: { replicas: [`http://me:${wrong}@127.0.0.1:1`] } } }],
    ['the place of its file', { metricsBearer: wrong, tokens: [{ name: 'x', token: wrong, scopes: [] }] }],
    ['an unknown key', { redis: { url: 'redis://127.0.0.1:1', passwort: wrong } }],
    ['a password of Redis', { redis: { url: 'redis://127.0.0.1:1', password: wrong } }],
  ]
  it.each(misplaced)('when it stands where none may stand: in %s', async (_, text) => {
    const config = join(ground.folder, 'misplaced.yaml')
    writeFileSync(config, stringify(text))
    for (const command of ['serve', 'check-config']) {
      const { code, stdout, stderr } = await run([command, '--config', config])
      expect(code).toBe(2)
      expectNoSecret(command, stdout + stderr)
    }
    const right = readFileSync(ground.files.config, 'utf8')
    writeFileSync(ground.files.config, stringify(text))
    await gate.until('it is refused', ({ evaluator }) => !evaluator.configReload.ok, 10)
    await expectSilence()
    writeFileSync(ground.files.config, right)
    await eventually('the right one is back', async () => (await gate.report()).evaluator.configReload.ok)
  })
})
