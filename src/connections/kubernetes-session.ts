import { Agent } from 'undici'
import { SECOND, type Millis } from '../core/time.ts'
import {
  loginFrom,
  readConfig,
  type KubernetesSettings,
  type Login,
  type Tls,
} from './kubernetes-credentials.ts'
import { names } from './names.ts'

/** A login with the connections that it is used on. */
export interface Session extends Login {
  readonly agent: Agent
}

/** The library itself reads a token's file again after a minute, and asks a plug-in when its token expires. */
const REFRESH: Millis = 10 * SECOND

/** A login that stays refused must not have us read files for each request. */
const RENEW_AGAIN: Millis = SECOND

/** Less than a beat waits, so that the failure names the name. */
const NAME_WITHIN: Millis = 600

/** Nothing is read before a session is asked for, and nothing dialled before it is used. */
export class Sessions {
  readonly #settings: KubernetesSettings
  readonly #agents = new Set<Agent>()
  #config: ReturnType<typeof readConfig> | undefined
  #session: Session | undefined
  #reading: Promise<Session> | undefined
  /** By the clock of the process, like the next. */
  #readAt: Millis = 0
  #renewal: Promise<Session> | undefined
  #renewedAt: Millis = 0

  constructor(settings: KubernetesSettings) {
    this.#settings = settings
  }

  /**
   * What was read last; read again from time to time. If that fails, what is known is good until it is refused.
   * @throws KubernetesFailure when there never was a login
   */
  async current(): Promise<Session> {
    const known = this.#session
    if (known === undefined) return this.#read()
    if (performance.now() - this.#readAt < REFRESH) return known
    return this.#read().catch(() => {
      this.#readAt = performance.now()
      return known
    })
  }

  /**
   * Reads everything anew because `refused` was: a token was replaced, or an authority. Connections stay unless what
   * they are made of has changed, so that no watch ends because of a token. Callers meanwhile, or right after, get the
   * same answer.
   * @returns `refused` itself when nothing is different
   * @throws KubernetesFailure when there is no login any more
   */
  async renewed(refused: Session): Promise<Session> {
    if (this.#session !== refused && this.#session !== undefined) return this.#session
    if (this.#renewal === undefined || performance.now() - this.#renewedAt >= RENEW_AGAIN) {
      this.#renewedAt = Infinity
      this.#renewal = this.#renew()
    }
    return this.#renewal
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents].map((agent) => agent.destroy().catch(() => {})))
  }

  async #renew(): Promise<Session> {
    try {
      // What is being read was begun before the refusal.
      while (this.#reading !== undefined) await this.#reading.catch(() => {})
      this.#config = undefined
      return await this.#read()
    } finally {
      this.#renewedAt = performance.now()
    }
  }

  /** One reading at a time, for all callers. */
  #read(): Promise<Session> {
    this.#reading ??= this.#readLogin().finally(() => (this.#reading = undefined))
    return this.#reading
  }

  async #readLogin(): Promise<Session> {
    this.#config ??= readConfig(this.#settings)
    try {
      const login = await loginFrom(await this.#config)
      this.#readAt = performance.now()
      if (this.#session === undefined || !isSame(this.#session, login)) this.#session = this.#withAgent(login)
      return this.#session
    } catch (fault) {
      // The next request begins at the files again.
      this.#config = undefined
      throw fault
    }
  }

  #withAgent(login: Login): Session {
    const before = this.#session
    if (before !== undefined && isSameWay(before, login)) return { ...login, agent: before.agent }
    if (before !== undefined) this.#retire(before.agent)
    const agent = agentFor(login.tls)
    this.#agents.add(agent)
    return { ...login, agent }
  }

  /** What still runs on the old connections may end there. */
  #retire(agent: Agent): void {
    const forget = () => void this.#agents.delete(agent)
    void agent.close().then(forget, forget)
  }
}

function agentFor(tls: Tls): Agent {
  return new Agent({
    // A watch of each kind and requests beside them; a request never waits for a watch to end.
    connections: 32,
    allowH2: false,
    pipelining: 1,
    // Deadlines are ours; these are nets below them, the first also under a watch that is never answered.
    headersTimeout: 10 * SECOND,
    bodyTimeout: 0,
    connect: {
      timeout: 2_500,
      lookup: names.within(NAME_WITHIN),
      ...tls,
      // Never less, whatever a kubeconfig says: a foreign API server could open every gate.
      rejectUnauthorized: true,
    },
  })
}

function isSame(a: Login, b: Login): boolean {
  return isSameWay(a, b) && JSON.stringify(a.headers) === JSON.stringify(b.headers)
}

function isSameWay(a: Login, b: Login): boolean {
  return a.origin === b.origin && a.prefix === b.prefix && JSON.stringify(a.tls) === JSON.stringify(b.tls)
}
