import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { GateReport } from '../../src/contract/document.ts'
import {
  askers,
  everybody,
  expectedIn,
  IN_VAIN,
  openIn,
  outcomes,
  outcomesOnceWell,
  type Seen,
  type Table,
} from '../support/clients/all.ts'
import type { Asking } from '../support/clients/outcome.ts'
import { pageOf } from '../support/clients/recipe.ts'
import { runStage, stageOf } from '../support/clients/spinnaker.ts'
import { staleProxy } from '../support/clients/stale-proxy.ts'
import { cleanUp } from '../support/cli-process.ts'
import { author, isFiring, proceeds, setGround, stopIn, type Gate, type Ground } from '../support/daemon.ts'
import { eventually } from '../support/waiting.ts'

const rollout = 'caracal/47'

let ground: Ground
let gate: Gate

beforeAll(async () => {
  ground = await setGround()
  configure()
  gate = await ground.start()
  await gate.until('proceed', proceeds, 30)
})
afterAll(() => ground.end())

/** With limits of minutes, as installed: only what a test injects fires, and not what a loaded machine delays. */
function configure(http: object = {}): void {
  ground.configure((configuration) => {
    delete configuration['limits']
    configuration['http'] = { listen: '127.0.0.1:0', ...http }
  })
}

function asking(given: Partial<Asking> = {}): Asking {
  return { url: gate.url, rollout, token: '', patience: IN_VAIN, ...given }
}

/** Brings the exporter into a state once, lets every client ask, and looks at each of them. */
function inState(title: string, prepare: () => Promise<Partial<Asking> | void>, table: Table): void {
  describe(title, () => {
    let seen: Seen
    beforeAll(async () => {
      const whole = asking((await prepare()) ?? {})
      const effects = Object.entries(expectedIn(table))
      const closed = effects.flatMap(([name, effect]) => (effect === 'opens' ? [] : [name]))
      seen = await (closed.length < 2 ? outcomesOnceWell(whole, closed) : outcomes(whole))
      await cleanUp()
    })
    it.each(Object.entries(expectedIn(table)))(`%s %s`, (name, effect) => {
      expect(seen.get(name)).toMatchObject({ effect })
    })
  })
}

describe('a rollout is declared', () => {
  afterEach(cleanUp)

  it('by the stage of Spinnaker', async () => {
    const declaring = asking({ token: ground.token })
    expect(await runStage(stageOf('begin'), declaring)).toMatchObject({ effect: 'opens' })
    expect((await gate.report()).rollout).toMatchObject({ id: rollout, phase: 'preflight' })
  })

  it('by nobody without a token', async () => {
    const declaring = asking({ rollout: 'caracal/48' })
    expect(await runStage(stageOf('begin'), declaring)).toMatchObject({ effect: 'fails' })
  })
})

/** Long enough for the steady time that the recipes ask for, as they are shortened. */
function stands(report: GateReport): boolean {
  return proceeds(report) && report.steadySeconds >= 2
}

inState('on proceed', async () => void (await gate.until('proceed', stands, 30)), {
  'argo-rollouts': 'opens',
  'azure check': 'opens',
  curl: 'opens',
  flagger: 'opens',
  kargo: 'opens',
  spinnaker: 'opens',
  programs: 'opens',
})

inState(
  'on hold',
  async () => {
    await ground.platform.faults.inject('redis-eviction-policy')
    await gate.until('hold', ({ verdict }) => verdict === 'hold', 20)
  },
  {
    'argo-rollouts': 'pauses',
    'azure check': 'fails',
    curl: 'fails',
    flagger: 'waits',
    kargo: 'waits',
    spinnaker: 'waits',
    programs: 'fails',
  },
)

inState(
  'on stop',
  async () => {
    await ground.platform.faults.clear('redis-eviction-policy')
    await ground.platform.faults.inject('outbox-dead-messages')
    await gate.until('stop', isFiring('outbox-dead-messages'), 20)
  },
  {
    'argo-rollouts': 'rolls back',
    'azure check': 'fails',
    curl: 'fails',
    flagger: 'rolls back',
    kargo: 'fails',
    spinnaker: 'fails',
    programs: 'fails',
  },
)

describe('behind a cache that gives out what it has when nobody answers', () => {
  let seen: Readonly<Record<'heeding' | 'careless' | 'other', Seen>>

  beforeAll(async () => {
    await ground.platform.faults.clear('outbox-dead-messages')
    const isOver = (report: GateReport) => stopIn(report, 'outbox-dead-messages').state === 'clear'
    await gate.until('its cause is gone', isOver, 20)
    await gate.post('/acknowledgements', { stopCondition: 'outbox-dead-messages', ...author })
    await gate.until('proceed', stands, 30)
    const cache = { upstream: gate.url, age: 3_600_000 }
    const heeding = await staleProxy({ ...cache, careless: false })
    const careless = await staleProxy({ ...cache, careless: true })
    // Both are asked while all is well, so that they have whatever they would keep.
    for (const { url } of [heeding, careless])
      expect(openIn(await outcomesOnceWell(asking({ url })))).toEqual(everybody)
    gate.signal('SIGSTOP')
    heeding.impatient()
    careless.impatient()
    seen = {
      heeding: await outcomes(asking({ url: heeding.url })),
      careless: await outcomes(asking({ url: careless.url })),
      other: await outcomes(asking({ url: careless.url, rollout: 'caracal/48' }), askers),
    }
  })
  afterAll(async () => {
    gate.signal('SIGCONT')
    await cleanUp()
  })

  it('that heeds no-store, nothing opens', () => {
    expect(openIn(seen.heeding)).toEqual([])
  })

  it('that does not, nothing opens which compares times or posts', () => {
    expect(openIn(seen.careless)).toEqual(['spinnaker'])
    expect(pageOf('spinnaker.md')).toContain('repeats old answers')
  })

  it('that does not, nothing opens for another rollout', () => {
    expect([...seen.other.values()].filter(({ effect }) => effect === 'opens')).toEqual([])
    expect(seen.other.size).toBe(askers.length)
  })
})

const closed: Table = {
  'argo-rollouts': 'rolls back',
  'azure check': 'fails',
  curl: 'fails',
  flagger: 'waits',
  kargo: 'waits',
  spinnaker: 'waits',
  programs: 'fails',
}

inState('when the exporter hangs', async () => gate.signal('SIGSTOP'), closed)

inState(
  'when nothing listens',
  async () => {
    gate.signal('SIGCONT')
    await gate.stop()
  },
  { ...closed, spinnaker: 'fails' },
)

describe('when reading needs a token', () => {
  beforeAll(async () => {
    const file = join(ground.folder, 'read-token')
    writeFileSync(file, 'a-token-to-read-with')
    configure({ readTokens: [{ file }] })
    gate = await ground.start()
    const headers = { authorization: `Bearer ${ground.token}` }
    await eventually('it proceeds', async () => {
      const answer = await gate.get('/gates', headers)
      return answer.status === 200 && stands(answer.json<GateReport>())
    })
  })

  inState('and none is given', async () => {}, { ...closed, spinnaker: 'fails' })

  inState('and one is given', async () => ({ token: ground.token }), {
    'argo-rollouts': 'opens',
    'azure check': 'opens',
    curl: 'opens',
    // It has nowhere to put one.
    flagger: 'waits',
    kargo: 'opens',
    spinnaker: 'opens',
    programs: 'opens',
  })
})
