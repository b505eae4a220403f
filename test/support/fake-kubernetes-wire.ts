import type { IncomingMessage, ServerResponse } from 'node:http'

/** A request as the API server understands it. */
export interface ApiRequest {
  /** `confirm` is a list of versions alone, all of them or just one. */
  readonly verb: 'list' | 'confirm' | 'watch' | 'get' | 'other'
  /** E.g. `pods`; empty for what is no resource. */
  readonly resource: string
  readonly name: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Whether the body goes on for as long as somebody reads it. */
  readonly isEndless?: true
}

/** The object with which the API server explains a refusal. */
export function refused(code: number, message: string, headers?: Answer['headers']): Answer {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }
  return { status: code, body, ...(headers !== undefined && { headers }) }
}

/** What is asked, by the rules of the API's paths. */
export function understood({ url = '/', method, headers }: IncomingMessage): ApiRequest {
  const { pathname, searchParams } = new URL(url, 'https://localhost')
  const found = /\/namespaces\/[^/]+\/([^/]+)(?:\/([^/]+))?$/.exec(pathname)
  const [, resource = '', name = ''] = found ?? []
  const isWatch = searchParams.has('watch')
  const isConfirm =
    headers.accept?.includes('PartialObjectMetadataList') === true &&
    ['1', null].includes(searchParams.get('limit'))
  const listing = isConfirm ? 'confirm' : 'list'
  const verb = method !== 'GET' ? 'other' : isWatch ? 'watch' : name === '' ? listing : 'get'
  return { verb, resource, name, path: pathname, query: searchParams, headers }
}

/** One turn of the event loop for each piece, or Node would join them again. */
export async function writePieces(response: ServerResponse, frame: Buffer, size: number): Promise<void> {
  for (let at = 0; at < frame.length; at += size) {
    response.write(frame.subarray(at, at + size))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Only what is in `metadata`, for whom asks for no more. */
export function shaped(object: unknown, { headers }: ApiRequest): unknown {
  if (!headers.accept?.includes('as=PartialObjectMetadata')) return object
  const { metadata } = object as { metadata?: unknown }
  return metadata === undefined ? object : { kind: 'PartialObjectMetadata', metadata }
}

export function send(response: ServerResponse, { status, headers, body, isEndless }: Answer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? {})
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  if (isEndless === true) pour(response, text)
  else response.end(text)
}

function pour(response: ServerResponse, text: string): void {
  const piece = text.repeat(Math.ceil(65_536 / text.length))
  const more = () => {
    while (!response.destroyed && response.write(piece));
  }
  response.on('drain', more)
  more()
}
