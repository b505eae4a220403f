import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { stateText } from '../../src/daemon/state-form.ts'
import { UNSEALED } from '../../src/daemon/state-seal.ts'
import { nothingRemembered } from '../../src/rollout/memory.ts'
import { begun, closeStores, open, started, stateIn, subjects, withLine } from '../support/remembering.ts'
import { sharedConfigMap } from '../support/shared-config-map.ts'
import { eventually } from '../support/waiting.ts'

afterEach(closeStores)

const empty = { data: {}, binaryData: {} }

function packedText(text: string): string {
  return gzipSync(text).toString('base64')
}

describe('a ConfigMap that was deleted', () => {
  it('is made anew from what is remembered', async () => {
    const shared = sharedConfigMap()
    const daemon = await started(open(shared))
    await daemon.save(withLine(daemon.memory(), 'rollout-begun', 'r1', begun('r1')))
    shared.remove()
    await eventually('it is there again', () => shared.content() !== undefined)
    expect(stateIn(shared).rollout?.id).toBe('r1')
  })

  it('is asked for by name when it may not be made', async () => {
    const shared = sharedConfigMap()
    const store = open(shared)
    const daemon = await started(store)
    await daemon.save(withLine(daemon.memory(), 'rollout-begun', 'r1', begun('r1')))
    shared.refuse('may not create configmaps in namespace caracal', 'create')
    shared.remove()
    await eventually('it is said', () => !store.status().ok)
    expect(store.status().message).toContain('caracal/gate-state')
    expect(store.status().message).toContain('may not create configmaps')
    shared.put(empty)
    await eventually('it is used as soon as somebody has made it', () => store.status().ok)
    expect(stateIn(shared).rollout?.id).toBe('r1')
  })
})

describe('what a stranger has written', () => {
  const { text } = stateText(withLine(nothingRemembered, 'started', 'daemon'), UNSEALED)
  const broken = text.replace('"daemon"', '"another"')
  it.each([
    ['something else', { data: { hello: 'world' }, binaryData: {} }],
    ['no gzip', { data: {}, binaryData: { state: 'aGVsbG8=' } }],
    ['no state', { data: {}, binaryData: { state: packedText('{"rollout":1}') } }],
    [
      'a state of another version',
      { data: {}, binaryData: { state: packedText('{"version":4,"memory":{}}') } },
    ],
    ['a ledger that was changed', { data: {}, binaryData: { state: packedText(broken) } }],
    [
      'a gzip bomb',
      { data: {}, binaryData: { state: gzipSync(Buffer.alloc(80 * 1024 * 1024)).toString('base64') } },
    ],
  ])('is neither adopted nor overwritten before a rollout begins: %s', async (_, content) => {
    const shared = sharedConfigMap()
    shared.put(content)
    const store = open(shared)
    const loaded = await store.load()
    expect(loaded).toMatchObject({ ok: false, message: expect.stringContaining('caracal/gate-state') })
    const daemon = await started(store)
    await daemon.save(withLine(nothingRemembered, 'started', 'daemon'))
    expect(store.status().ok).toBe(false)
    expect(shared.content()).toEqual(content)
    await daemon.save(withLine(daemon.memory(), 'rollout-begun', 'r1', begun('r1')))
    expect(store.status().ok).toBe(true)
    expect(stateIn(shared).rollout?.id).toBe('r1')
  })

  it('while the daemon runs, does not change what it remembers', async () => {
    const shared = sharedConfigMap()
    const store = open(shared)
    const daemon = await started(store)
    await daemon.save(withLine(daemon.memory(), 'rollout-begun', 'r1', begun('r1')))
    shared.put({ data: { hello: 'world' }, binaryData: {} })
    await eventually('it is said', () => !store.status().ok)
    expect(store.status().message).toContain('it has hello and no state')
    expect(daemon.memory().rollout?.id).toBe('r1')
    await daemon.save(withLine(daemon.memory(), 'acknowledged', 'stop-condition/x'))
    expect(shared.content()?.data).toEqual({ hello: 'world' })
    await daemon.save(withLine(daemon.memory(), 'rollout-begun', 'r2', begun('r2')))
    expect(store.status().ok).toBe(true)
    expect(subjects(stateIn(shared))).toEqual(['r1', 'stop-condition/x', 'r2'])
  })
})

describe('an API server that is away', () => {
  it('leaves the memory with the daemon until it is back', async () => {
    const shared = sharedConfigMap()
    const store = open(shared)
    const daemon = await started(store)
    await daemon.save(withLine(daemon.memory(), 'started', 'daemon'))
    shared.refuse('the API server refused the connection', 'read', 'replace', 'create')
    await daemon.save(withLine(daemon.memory(), 'acknowledged', 'stop-condition/x'))
    expect(store.status()).toMatchObject({
      ok: false,
      message: expect.stringContaining('refused the connection'),
    })
    shared.refuse('')
    await eventually('it is written', () => subjects(stateIn(shared)).includes('stop-condition/x'))
    await eventually('it says so', () => store.status().ok)
  })

  it('at the start, is a memory that is found again when it is back', { timeout: 20_000 }, async () => {
    const shared = sharedConfigMap()
    const first = await started(open(shared))
    await first.save(withLine(first.memory(), 'rollout-begun', 'r1', begun('r1')))
    shared.refuse('the API server did not answer in time', 'read', 'replace', 'create', 'watch')
    const second = await started(open(shared, 'b'))
    const impeded = { impediments: { 'state-unreadable': 'it is', other: 'stays' } }
    await second.save({ ...withLine(nothingRemembered, 'started', 'daemon'), ...impeded })
    shared.refuse('')
    await eventually('it is found', () => second.memory().rollout?.id === 'r1')
    expect(subjects(second.memory())).toEqual(['r1', 'daemon'])
    expect(stateIn(shared).impediments ?? {}).not.toHaveProperty('state-unreadable')
  })
})
