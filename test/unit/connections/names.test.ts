import type { LookupAddress, LookupOptions } from 'node:dns'
import { describe, expect, it } from 'vitest'
import { openNames, type Names, type Resolve } from '../../../src/connections/names.ts'

/** Far more than any test takes. */
const PATIENT = 60_000

type Addresses = readonly LookupAddress[]

/** A resolver whose answers the test gives, name by name; what it is asked for is in `asked`. */
function scripted() {
  const asked: string[] = []
  const open = new Map<string, PromiseWithResolvers<Addresses>>()
  const resolve: Resolve = (name) => {
    asked.push(name)
    const answer = Promise.withResolvers<Addresses>()
    open.set(name, answer)
    return answer.promise
  }
  return {
    asked,
    resolve,
    answer: (name: string, ...addresses: string[]) =>
      open.get(name)?.resolve(addresses.map((address) => ({ address, family: 4 }))),
    fail: (name: string, code: string) => open.get(name)?.reject(Object.assign(new Error(code), { code })),
  }
}

function ask(names: Names, name: string, patience = PATIENT, options: LookupOptions = { all: true }) {
  return new Promise<unknown>((resolve, reject) => {
    names.within(patience)(name, options, (fault, address) =>
      fault === null ? resolve(address) : reject(fault),
    )
  })
}

async function codeOf(asked: Promise<unknown>): Promise<unknown> {
  const fault: unknown = await asked.catch((thrown: unknown) => thrown)
  return fault instanceof Error && 'code' in fault ? fault.code : fault
}

function addresses(address: string): LookupAddress[] {
  return [{ address, family: 4 }]
}

describe('a look-up of a name', () => {
  it('X13: is one for all who ask while it runs, and for a moment after', async () => {
    const { asked, resolve, answer } = scripted()
    const names = openNames(resolve, { kept: PATIENT })
    const both = [ask(names, 'redis.test'), ask(names, 'redis.test')]

    answer('redis.test', '192.0.2.1')

    expect(await Promise.all(both)).toEqual([addresses('192.0.2.1'), addresses('192.0.2.1')])
    expect(await ask(names, 'redis.test')).toEqual(addresses('192.0.2.1'))
    expect(asked).toEqual(['redis.test'])
  })

  it('X13: is made anew when its answer is no longer kept, so that a moved name is followed', async () => {
    const { asked, resolve, answer } = scripted()
    const names = openNames(resolve, { kept: 0 })
    const first = ask(names, 'redis.test')
    answer('redis.test', '192.0.2.1')
    await first
    // Timers of one length end in their order, so what was kept is gone then.
    await new Promise((done) => setTimeout(done, 1))

    const second = ask(names, 'redis.test')
    answer('redis.test', '192.0.2.2')

    expect(await second).toEqual(addresses('192.0.2.2'))
    expect(asked).toHaveLength(2)
  })

  it('gives one address or all, as it is asked for', async () => {
    const names = openNames(() =>
      Promise.resolve([
        { address: '2001:db8::1', family: 6 },
        { address: '192.0.2.1', family: 4 },
      ]),
    )

    expect(await ask(names, 'redis.test', PATIENT, {})).toBe('2001:db8::1')
    expect(await ask(names, 'redis.test', PATIENT, { all: true })).toHaveLength(2)
  })

  it('keeps families apart', async () => {
    const names = openNames((_, family) =>
      Promise.resolve([{ address: family === 6 ? '2001:db8::1' : '192.0.2.1', family }]),
    )

    expect(await ask(names, 'redis.test', PATIENT, { family: 'IPv6' })).toBe('2001:db8::1')
    expect(await ask(names, 'redis.test', PATIENT, { family: 4 })).toBe('192.0.2.1')
  })

  it('tells a name without an address', async () => {
    const names = openNames(() => Promise.resolve([]))

    expect(await codeOf(ask(names, 'redis.test', PATIENT, {}))).toBe('ENOTFOUND')
  })

  it('tells what the resolver says, and asks again the next time', async () => {
    const { asked, resolve, fail } = scripted()
    const names = openNames(resolve)
    for (const code of ['ENOTFOUND', 'EAI_AGAIN']) {
      const failing = ask(names, 'nowhere.test')
      fail('nowhere.test', code)
      expect(await codeOf(failing)).toBe(code)
    }
    expect(asked).toHaveLength(2)
  })
})

describe('a name that is never answered', () => {
  it('X13: is looked up once, whoever asks how often, and told within the patience', async () => {
    const { asked, resolve } = scripted()
    const names = openNames(resolve)

    for (let round = 0; round < 20; round += 1)
      expect(await codeOf(ask(names, 'silent.test', 1))).toBe('EAI_AGAIN')

    expect(asked).toEqual(['silent.test'])
  })

  it('X13: delays no other name, no address, and no answer that is kept', async () => {
    const { resolve, answer } = scripted()
    const names = openNames(resolve, { kept: PATIENT })
    const kept = ask(names, 'kept.test')
    answer('kept.test', '192.0.2.1')
    await kept
    void ask(names, 'silent.test').catch(() => {})

    const other = ask(names, 'other.test')
    answer('other.test', '192.0.2.2')

    expect(await other).toEqual(addresses('192.0.2.2'))
    expect(await ask(names, 'kept.test')).toEqual(addresses('192.0.2.1'))
    expect(await ask(names, '192.0.2.3')).toEqual(addresses('192.0.2.3'))
    expect(await ask(names, '::1')).toEqual([{ address: '::1', family: 6 }])
  })

  it('X13: holds one thread together with all others that hung before', async () => {
    const { asked, resolve, fail, answer } = scripted()
    const names = openNames(resolve, { slow: -1 })
    const silent = ['silent-1.test', 'silent-2.test', 'silent-3.test']
    for (const name of silent) {
      const hanging = codeOf(ask(names, name))
      fail(name, 'EAI_AGAIN')
      expect(await hanging).toBe('EAI_AGAIN')
    }
    asked.length = 0

    const again = silent.map((name) => codeOf(ask(names, name)))
    const well = ask(names, 'well.test')
    answer('well.test', '192.0.2.1')

    expect(await well).toEqual(addresses('192.0.2.1'))
    expect(asked).toEqual(['silent-1.test', 'well.test'])
    for (const name of silent) {
      fail(name, 'EAI_AGAIN')
      await Promise.resolve(again[silent.indexOf(name)])
    }
    expect(asked).toEqual(['silent-1.test', 'well.test', 'silent-2.test', 'silent-3.test'])
  })

  it('X13: leaves the queue with the last who asked for it', async () => {
    const { asked, resolve, fail } = scripted()
    const names = openNames(resolve, { running: 1 })
    const first = codeOf(ask(names, 'silent-1.test'))

    expect(await codeOf(ask(names, 'silent-2.test', 1))).toBe('EAI_AGAIN')
    fail('silent-1.test', 'EAI_AGAIN')
    await first

    expect(asked).toEqual(['silent-1.test'])
  })
})
