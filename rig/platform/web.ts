import { endPool, servicePool, within } from './clients.ts'
import type { Context, Identity, Replica } from './context.ts'
import { json, serve, text } from './http.ts'
import type { Answer } from './http.ts'
import { manners } from './manners.ts'

export type WebReplica = Replica & { readonly service: 'web' }

const shell =
  '<!doctype html><html><head><title>Caracal</title></head><body><div id="root"></div></body></html>'

function said(status: number, body: unknown): Answer {
  return { ...json(status, body), type: 'application/json' }
}

/**
 * The web console: two exact paths; anything else, also with a query, is the page with 200 where the build is mounted, as in
 * the image.
 */
export async function startWeb(identity: Identity, context: Context): Promise<WebReplica> {
  const database = servicePool(context.databaseUrl('web'), 'caracal-auth')
  const endpoint = await serve(identity, manners.web, async (request) => {
    if (request.target === '/health') return said(200, { status: 'ok', service: 'caracal-auth' })
    if (request.target !== '/ready')
      return context.webRoot
        ? text(200, shell, 'text/html; charset=utf-8')
        : said(404, { error: 'not_found' })
    return within(5_000, database.query('SELECT 1'), 'ready check').then(
      () => said(200, { status: 'ready' }),
      () => said(503, { status: 'unavailable' }),
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
