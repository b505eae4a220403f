import { Agent } from 'undici'
import { SECOND, type Millis } from '../core/time.ts'
import {
  loginFrom,
  readConfig,
  type KubernetesSettings,
  type Login,
  type Tls,
} from './kubernetes-credentials.ts'

/** A login with the connections that it is used on. */
export interface Session extends Login {
  readonly agent: Agent
}

export interface Sessions {
  /** @throws KubernetesFailure when there is no login */
  current(): Promise<Session>
  /**
   * Reads everything anew because `refused` was: a token was replaced, or an authority. Connections stay unless what
   * they are made of has changed, so that no watch ends because of a token.
   * @returns `refused` itself when nothing is different
   */
  renewed(refused: Session): Promise<Session>
  close(): Promise<void>
}

/** The library itself reads a token's file again after a minute, and asks a plug-in when its token expires. */
const REFRESH: Millis = 10 * SECOND

/** A login that stays refused must not have us read files for each request. */
const RENEW_AGAIN: Millis = SECOND

/** Nothing is read before a session is asked for, and nothing dialled before it is used. */
export function openSessions(settings: KubernetesSettings): Sessions {
  let config: ReturnType<typeof readConfig> | undefined
  let session: Session | undefined
  let reading: Promise<Session> | undefined
  let readAt = 0
  let renewedAt = -RENEW_AGAIN
  const agents = new Set<Agent>()

  /** One reading at a time, whoever asks. */
  function read(): Promise<Session> {
    reading ??= readLogin().finally(() => (reading = undefined))
    return reading
  }

  async function readLogin(): Promise<Session> {
    config ??= readConfig(settings)
    try {
      const login = await loginFrom(await config)
      readAt = performance.now()
      if (session === undefined || !isSame(session, login)) session = withAgent(login)
      return session
    } catch (fault) {
      // The next request begins at the files again.
      config = undefined
      throw fault
    }
  }

  function withAgent(login: Login): Session {
    if (session !== undefined && isSameWay(session, login)) return { ...login, agent: session.agent }
    // What still runs on the old connections may end there.
    void session?.agent.close().catch(() => {})
    const agent = agentFor(login.tls)
    agents.add(agent)
    return { ...login, agent }
  }

  return {
    async current() {
      return session !== undefined && performance.now() - readAt < REFRESH ? session : read()
    },
    async renewed(refused) {
      if (session !== refused && session !== undefined) return session
      if (performance.now() - renewedAt < RENEW_AGAIN) return refused
      renewedAt = performance.now()
      config = undefined
      return read()
    },
    async close() {
      await Promise.all([...agents].map((agent) => agent.destroy().catch(() => {})))
    },
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
