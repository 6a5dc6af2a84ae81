import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { ANONYMOUS, type Anonymous } from './access/policy.ts'
import { HubError } from './errors.ts'
import { webhookSecret, type WebhookRequest } from './jobs/webhook-request.ts'

const GIBIBYTE = 1024 ** 3

/** What ffmpeg and Node need to do anything at all. */
const LEAST_MEMORY = 200_000_000

/** What a timer can wait, in whole days. */
const LONGEST_SECONDS = 24 * 86_400

const bytes = z.coerce.number('takes a number of bytes').int('takes whole bytes').positive('takes more than 0 bytes')
const seconds = z.coerce.number('takes a number of seconds').positive('takes more than 0 seconds')
const limit = seconds.max(LONGEST_SECONDS, `takes at most ${LONGEST_SECONDS} seconds, which is 24 days`)
const count = z.coerce.number('takes a number').int('takes a whole number').positive('takes 1 or more')
const port = z.coerce.number('takes a port').int('takes a whole number').min(0, 'takes 0 to 65535').max(65_535, 'takes 0 to 65535')
const location = z.string()
  .regex(/^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+\/?$/, 'takes the path of a location of its own, such as /reeltime-data/')
const pauses = z.string().regex(/^\d+(?:\.\d+)?(?:,\d+(?:\.\d+)?){0,99}$/, 'takes seconds, comma-separated')
const list = z.string().transform((text) => text.split(',').map((part) => part.trim()).filter((part) => part !== ''))

/** Every setting, by its variable. Each is a flag too: REELTIME_DATA_DIR is `--data-dir`. */
export const configSchema = z.object({
  PORT: port.default(5000).describe('Port to listen on; 0 takes a free one'),
  HOST: z.string().default('127.0.0.1').describe('Address to listen on'),
  REELTIME_DATA_DIR: z.string().default('./data').describe('Where jobs, uploads and the index are kept'),
  REELTIME_PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'takes an http or https URL' }).optional().describe('The hub as its users reach it, for absolute links; otherwise taken from each request'),
  REELTIME_TRUSTED_PROXIES: list.default([]).describe('Addresses and CIDRs of the proxies whose X-Forwarded-* headers count, comma-separated'),
  REELTIME_X_ACCEL: location.optional().describe('The internal location at which nginx, one of the trusted proxies, finds the data directory; nginx then sends the files of jobs itself'),
  REELTIME_ALLOWED_ORIGINS: list.default([]).describe('Origins of other sites whose pages may do what their keys may, and open WebSockets, comma-separated'),
  REELTIME_ANONYMOUS: z.enum(ANONYMOUS, `takes ${ANONYMOUS.join(', ')}`).optional().describe('What those without a key may do: open (everything), submit (submit jobs, and read those whose ids they know) or none (only the latter). Default: open for programs on this machine where HOST is loopback, otherwise none; see docs/access.md'),
  REELTIME_REQUESTS_PER_MINUTE: count.default(3000).describe('How many requests a key, or an address without one, may send in a minute'),
  REELTIME_SUBMITS_PER_MINUTE: count.default(60).describe('How many jobs and files a key, or an address without one, may send in a minute'),
  REELTIME_CONNECTIONS_PER_ADDRESS: count.default(256).describe('How many connections one address may hold open'),
  REELTIME_READERS_PER_ADDRESS: count.default(1000).describe('How many jobs a key, or an address without one, may follow at the same time'),
  REELTIME_READERS_PER_JOB: count.default(5000).describe('How many may follow one job at the same time'),
  REELTIME_CONCURRENCY: count.default(availableParallelism()).describe('How many jobs run at the same time (default: the cores)'),
  REELTIME_MAX_WAITING: count.default(1000).describe('How many jobs may wait; one more is answered 429'),
  REELTIME_MAX_READERS: count.default(20_000).describe('How many readers may follow at the same time'),
  REELTIME_JOB_TIMEOUT_SECONDS: limit.default(3600).describe('How long one job may take'),
  REELTIME_STALL_SECONDS: limit.default(300).describe('How long a command may say nothing and write nothing'),
  REELTIME_DRAIN_SECONDS: z.coerce.number('takes a number of seconds').min(0, 'takes 0 or more seconds').max(LONGEST_SECONDS).default(30).describe('How long running jobs may go on after SIGTERM, before they go back to the queue'),
  REELTIME_RETENTION_SECONDS: seconds.default(7200).describe('How long ended jobs, their files and unused uploads are kept'),
  REELTIME_LOG_BYTES: bytes.default(64 * 1024 ** 2).describe("How much of one job's log is kept whole"),
  REELTIME_MAX_INPUT_BYTES: bytes.default(4 * GIBIBYTE).describe('How large one fetched or uploaded file may be'),
  REELTIME_MAX_UPLOADS_BYTES: bytes.optional().describe('How many bytes the uploads of one key, or of all without one, may hold together that are unfinished or that no job has used yet (default: four times REELTIME_MAX_INPUT_BYTES)'),
  REELTIME_MAX_OUTPUT_BYTES: bytes.default(16 * GIBIBYTE).describe('How many bytes one job may write'),
  REELTIME_FETCH_TIMEOUT_SECONDS: limit.default(1800).describe('How long fetching one source may take'),
  REELTIME_FETCH_ALLOW: z.string().default('').describe('Hosts, addresses and CIDRs that may be fetched from although they are not public, comma-separated, each with an optional :port'),
  REELTIME_WEBHOOK_URL: z.url({ protocol: /^https?$/, error: 'takes an http or https URL' }).optional().describe('Where to tell what becomes of all jobs and batches; see docs/webhooks.md'),
  REELTIME_WEBHOOK_SECRET: webhookSecret.optional().describe('What that is signed with: whsec_ and 24 to 64 bytes in base64'),
  REELTIME_WEBHOOK_RETRIES: pauses.default('5,30,120,600,1800,3600,7200,14400,28800,28800').describe('Seconds between the attempts to tell it, comma-separated: one more attempt than there are of these'),
  REELTIME_DISK_LIMIT: bytes.optional().describe('How many bytes the data directory may hold before the oldest ended jobs are removed (default: no limit)'),
  REELTIME_DISK_FLOOR: bytes.optional().describe('How many bytes stay free on its disk; below, new jobs are refused with 507 (default: 512 MiB or 5 % of the disk, whichever is less)'),
  REELTIME_FFMPEG: z.string().optional().describe('The ffmpeg to use (FFMPEG_PATH means the same); otherwise the one on PATH, else the portable one'),
  REELTIME_FFPROBE: z.string().optional().describe('The ffprobe to use; otherwise the one beside ffmpeg'),
  REELTIME_LOG: z.enum(['errors', 'changes', 'all'], 'takes errors, changes or all').default('changes').describe('What the log tells: errors; changes, which are besides what becomes of jobs, what changes something and what is refused; or all requests'),
  REELTIME_SANDBOX: z.enum(['auto', 'require', 'off'], 'takes auto, require or off').default('auto').describe('What jobs run is shut in as well as can be (auto), or the hub does not start (require), or not at all (off)'),
  REELTIME_MAX_MEMORY: bytes.min(LEAST_MEMORY, `takes at least ${LEAST_MEMORY} bytes`).default(4 * GIBIBYTE).describe('How many bytes of memory the programs of one job may take together'),
  REELTIME_SANJUUNI: z.string().optional().describe('The sanjuuni that jobs with engine sanjuuni use; otherwise the one on PATH. The hub has a converter of its own'),
})

export interface Config {
  readonly port: number
  readonly host: string
  readonly dataDirectory: string
  readonly publicUrl: string | undefined
  readonly trustedProxies: readonly string[]
  /** With a slash at its end. */
  readonly xAccelPrefix: string | undefined
  readonly allowedOrigins: readonly string[]
  readonly anonymous: Anonymous | undefined
  readonly requestsPerMinute: number
  readonly submitsPerMinute: number
  readonly connectionsPerAddress: number
  readonly readersPerAddress: number
  readonly readersPerJob: number
  readonly concurrency: number
  readonly maxWaiting: number
  readonly maxReaders: number
  readonly jobTimeoutMs: number
  readonly stallMs: number
  readonly drainMs: number
  readonly retentionMs: number
  readonly logBytes: number
  readonly maxInputBytes: number
  readonly maxUploadsBytes: number
  readonly maxOutputBytes: number
  readonly fetchTimeoutMs: number
  readonly fetchAllow: string
  readonly webhook: Pick<WebhookRequest, 'url' | 'secret'> | undefined
  readonly webhookRetriesMs: readonly number[]
  readonly diskLimitBytes: number | null
  readonly diskFloorBytes: number | undefined
  readonly ffmpegPath: string | undefined
  readonly ffprobePath: string | undefined
  readonly sanjuuniPath: string | undefined
  readonly log: 'errors' | 'changes' | 'all'
  readonly sandboxMode: 'auto' | 'require' | 'off'
  readonly maxMemoryBytes: number
  readonly pathVariable: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** Throws a HubError `invalid_input` that names each variable that cannot be read, and what it takes. */
export function parseConfig(environment: Environment): Config {
  // A variable that is set to nothing is one that is not set.
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const parsed = configSchema.safeParse({ ...present, REELTIME_FFMPEG: present['REELTIME_FFMPEG'] ?? present['FFMPEG_PATH'] })
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
    throw new HubError('invalid_input', errors.map(({ path, message }) => `${path} ${message}`).join('; '), { errors })
  }
  const values = parsed.data
  if (values.REELTIME_X_ACCEL !== undefined && values.REELTIME_TRUSTED_PROXIES.length === 0) {
    const message = 'needs REELTIME_TRUSTED_PROXIES, since files are handed to no other'
    throw new HubError('invalid_input', `REELTIME_X_ACCEL ${message}`, {
      hint: 'Set it to the address of nginx, for example 127.0.0.1', errors: [{ path: 'REELTIME_X_ACCEL', message }],
    })
  }
  return {
    port: values.PORT,
    host: values.HOST,
    dataDirectory: values.REELTIME_DATA_DIR,
    publicUrl: values.REELTIME_PUBLIC_URL?.replace(/\/+$/, ''),
    trustedProxies: values.REELTIME_TRUSTED_PROXIES,
    xAccelPrefix: values.REELTIME_X_ACCEL?.replace(/\/?$/, '/'),
    allowedOrigins: values.REELTIME_ALLOWED_ORIGINS,
    anonymous: values.REELTIME_ANONYMOUS,
    requestsPerMinute: values.REELTIME_REQUESTS_PER_MINUTE,
    submitsPerMinute: values.REELTIME_SUBMITS_PER_MINUTE,
    connectionsPerAddress: values.REELTIME_CONNECTIONS_PER_ADDRESS,
    readersPerAddress: values.REELTIME_READERS_PER_ADDRESS,
    readersPerJob: values.REELTIME_READERS_PER_JOB,
    concurrency: values.REELTIME_CONCURRENCY,
    maxWaiting: values.REELTIME_MAX_WAITING,
    maxReaders: values.REELTIME_MAX_READERS,
    jobTimeoutMs: values.REELTIME_JOB_TIMEOUT_SECONDS * 1000,
    stallMs: values.REELTIME_STALL_SECONDS * 1000,
    drainMs: values.REELTIME_DRAIN_SECONDS * 1000,
    retentionMs: values.REELTIME_RETENTION_SECONDS * 1000,
    logBytes: values.REELTIME_LOG_BYTES,
    maxInputBytes: values.REELTIME_MAX_INPUT_BYTES,
    maxUploadsBytes: values.REELTIME_MAX_UPLOADS_BYTES ?? 4 * values.REELTIME_MAX_INPUT_BYTES,
    maxOutputBytes: values.REELTIME_MAX_OUTPUT_BYTES,
    fetchTimeoutMs: values.REELTIME_FETCH_TIMEOUT_SECONDS * 1000,
    fetchAllow: values.REELTIME_FETCH_ALLOW,
    webhook: values.REELTIME_WEBHOOK_URL === undefined ? undefined : { url: values.REELTIME_WEBHOOK_URL, secret: values.REELTIME_WEBHOOK_SECRET },
    webhookRetriesMs: values.REELTIME_WEBHOOK_RETRIES.split(',').map((seconds) => Number(seconds) * 1000),
    diskLimitBytes: values.REELTIME_DISK_LIMIT ?? null,
    diskFloorBytes: values.REELTIME_DISK_FLOOR,
    ffmpegPath: values.REELTIME_FFMPEG,
    ffprobePath: values.REELTIME_FFPROBE,
    sanjuuniPath: values.REELTIME_SANJUUNI,
    log: values.REELTIME_LOG,
    sandboxMode: values.REELTIME_SANDBOX,
    maxMemoryBytes: values.REELTIME_MAX_MEMORY,
    pathVariable: environment['PATH'] ?? '',
  }
}

/** `--data-dir DIR` and `--data-dir=DIR` as the variables they stand for. Throws for a flag that stands for none. */
export function flagsToVariables(argv: readonly string[]): Record<string, string> {
  const variables: Record<string, string> = {}
  for (let index = 0; index < argv.length; index++) {
    const [flag = '', inline] = splitOnce(argv[index]!, '=')
    const name = Object.keys(configSchema.shape).find((variable) => flagOf(variable) === flag)
    const value = inline ?? argv[++index]
    if (name === undefined || value === undefined) {
      throw new HubError('invalid_input', name === undefined ? `There is no flag ${flag}` : `${flag} takes a value`, {
        hint: `The flags are ${Object.keys(configSchema.shape).map(flagOf).join(' ')}`,
      })
    }
    variables[name] = value
  }
  return variables
}

export function flagOf(variable: string): string {
  return `--${variable.replace(/^REELTIME_/, '').toLowerCase().replaceAll('_', '-')}`
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
