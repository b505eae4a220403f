/** How a client logs in to a server over HTTP: by a bearer, or by user and password. */
export interface HttpLogin {
  readonly bearer?: string | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
}

/** The headers that carry it. */
export function loginHeaders({ bearer, username, password }: HttpLogin): Readonly<Record<string, string>> {
  if (bearer !== undefined) return { authorization: `Bearer ${bearer}` }
  if (username === undefined || password === undefined) return {}
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}
