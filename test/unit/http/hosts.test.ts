import { afterEach, describe, expect, it } from 'vitest'
import type { FastifyInstance } from 'fastify'
import type { Problem } from '../../../src/contract/problem.ts'
import { isOwnHost } from '../../../src/http/guard.ts'
import { httpInterface } from '../../../src/http/http-interface.ts'
import { handMadeRules, newBoard, newContext, play } from './context.ts'

const opened: FastifyInstance[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()))
})

async function open(hosts: readonly string[] | undefined) {
  const rules = handMadeRules(new Map())
  const app = await httpInterface(newContext(newBoard(play(rules, 60)), rules, { hosts: () => hosts }))
  opened.push(app)
  return (host: string, url: string) => app.inject({ url, headers: { host } })
}

describe('a host', () => {
  it.each([
    '127.0.0.1:9465',
    '10.1.2.3:9465',
    '[::1]:9465',
    '[fd00::1]',
    'localhost:9465',
    'gate.localhost',
    'caracal-gate',
    'CARACAL-GATE:80',
    'caracal-gate.gates.svc',
    'caracal-gate.gates.svc.cluster.local:9465',
    'caracal-gate.gates.svc.cluster.local.',
    'gate.example.com',
    'Gate.Example.com:443',
  ])('X88: %s is its own', (host) => {
    expect(isOwnHost(host, ['gate.example.com'])).toBe(true)
  })

  it.each([
    'evil.example',
    'gate.example.com.evil.example',
    'x.gate.example.com',
    'svc.evil.example',
    'caracal-gate.svc.evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'user@gate.example.com',
    'gate.example.com/x',
    'gate example.com',
    ':80',
    '[::1',
    '',
  ])('X88: %j is not', (host) => {
    expect(isOwnHost(host, ['gate.example.com'])).toBe(false)
  })
})

describe('R103: a request by the name of another site', () => {
  it.each(['/', '/gates', '/gates/proceed', '/metrics', '/config', '/events', '/rollouts'])(
    'X88: is not answered at %s while anybody may read',
    async (path) => {
      const ask = await open([])
      const answer = await ask('rebound.example:9465', path)
      expect(answer.statusCode).toBe(421)
      expect(answer.json<Problem>().detail).toContain('http.hosts')
      expect(answer.body).not.toContain('verdict')
    },
  )

  it('X88: is answered where the name is listed, where reading needs a token, and for health checks', async () => {
    expect((await (await open(['rebound.example']))('rebound.example:9465', '/gates')).statusCode).toBe(200)
    expect((await (await open(undefined))('rebound.example', '/gates')).statusCode).toBe(200)
    expect((await (await open([]))('rebound.example', '/healthz')).statusCode).toBe(200)
  })
})
