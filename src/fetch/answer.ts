import { request as openRequest } from 'node:http'
import { HubError } from '../errors.ts'
import { AnswerBody } from './answer-body.ts'
import { headerOf, type AnswerHeaders } from './answer-headers.ts'
import { AttemptFailure, failureOfRequest } from './attempt-failure.ts'
import { checkRedirect } from './check-url.ts'
import { connect, type ConnectOptions } from './connect.ts'

/** What a server said in the end. Whoever asked destroys the body, read or not. */
export interface Answer {
  /** Where the redirects ended. */
  readonly url: URL
  readonly status: number
  readonly headers: AnswerHeaders
  /** Not decoded. */
  readonly body: AnswerBody
}

export interface AskOptions extends ConnectOptions {
  readonly headersTimeoutMs: number
  readonly maxRedirects: number
}

export interface AskOnceOptions extends Omit<AskOptions, 'maxRedirects'> {
  /** GET, unless given. */
  readonly method?: 'GET' | 'POST'
  readonly body?: Uint8Array
}

/**
 * Sends a GET, each on a connection of its own, and follows redirects, each judged by the policy. Throws
 * `AttemptFailure` when no answer came, `HubError` when the policy forbids an address or a redirect.
 */
// Not with undici 7, nor with Node's own fetch made of it: a server that hangs up while the reader is behind makes
// it throw where nobody can catch (nodejs/undici#5360; fixed in 8, which Node 20 cannot run).
export async function ask(start: URL, headers: Readonly<Record<string, string>>, options: AskOptions): Promise<Answer> {
  let url = start
  for (let redirects = 0; redirects <= options.maxRedirects; redirects++) {
    const answer = await askOnce(url, headers, options)
    const location = REDIRECTS.has(answer.status) ? headerOf(answer.headers, 'location') : undefined
    if (location === undefined) return answer
    answer.body.destroy()
    url = checkRedirect(url, parseLocation(location, url), options.policy)
  }
  throw new AttemptFailure(`redirected more than ${options.maxRedirects} times`, { again: 'never' })
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Sends one request and takes its answer as it is. Throws as `ask` does. */
export async function askOnce(url: URL, headers: Readonly<Record<string, string>>, options: AskOnceOptions): Promise<Answer> {
  try {
    return await send(url, headers, options)
  } catch (error) {
    throw error instanceof HubError || error instanceof AttemptFailure ? error : failureOfRequest(error)
  }
}

async function send(url: URL, headers: Readonly<Record<string, string>>, options: AskOnceOptions): Promise<Answer> {
  const socket = await connect(url, options)
  const timer = setTimeout(() => socket.destroy(noAnswer()), options.headersTimeoutMs)
  try {
    return await new Promise((resolve, reject) => {
      const request = openRequest({
        method: options.method ?? 'GET',
        createConnection: () => socket,
        path: url.pathname + url.search,
        // Without encodings there is no bomb: the bytes that are counted are the bytes that are written.
        headers: { 'host': url.host, 'accept': '*/*', 'accept-encoding': 'identity', 'user-agent': 'reeltime', ...headers },
      })
      request.once('response', (response) => {
        // A body without a length ends with its connection: this tells a reset from an end. What comes after the
        // end of a whole one is not ours.
        request.on('error', (error) => {
          if (!response.complete) response.destroy(error)
        })
        resolve({ url, status: response.statusCode ?? 0, headers: response.headers, body: new AnswerBody(response) })
      })
      request.on('error', reject)
      // An answer that switches protocols is neither a response nor an error.
      request.once('close', () => reject(new AttemptFailure('closed the connection without an answer', { again: 'always' })))
      request.end(options.body)
    })
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function noAnswer(): AttemptFailure {
  return new AttemptFailure('took the request and did not answer in time', { again: 'once begun' })
}

function parseLocation(location: string, from: URL): URL {
  // Node reads headers as Latin-1; what servers send in them unencoded is UTF-8.
  const text = Buffer.from(location, 'latin1').toString()
  if (!URL.canParse(text, from)) throw new AttemptFailure('redirected to what is not a URL', { again: 'never' })
  return new URL(text, from)
}
