import { endPool, servicePool, within } from './clients.ts'
import type { Context, Identity, Replica } from './context.ts'
import { json, serve, text } from './http.ts'

export type WebReplica = Replica & { readonly service: 'web' }

const shell =
  '<!doctype html><html><head><title>Caracal</title></head><body><div id="root"></div></body></html>'

/** The web console: two exact paths; anything else, also with a query, is the page with 200. */
export async function startWeb(identity: Identity, context: Context): Promise<WebReplica> {
  const database = servicePool(context.databaseUrl('web'), 'caracal-auth')
  const endpoint = await serve(identity, async (request) => {
    if (request.target === '/health') return json(200, { status: 'ok', service: 'caracal-auth' })
    if (request.target !== '/ready') return text(200, shell, 'text/html; charset=utf-8')
    return within(5_000, database.query('SELECT 1'), 'ready check').then(
      () => json(200, { status: 'ready' }),
      () => json(503, { status: 'unavailable' }),
    )
  })
  return {
    ...identity,
    service: 'web',
    endpoint,
    stop: async () => {
      await endpoint.close()
      await endPool(database)
    },
  }
}
