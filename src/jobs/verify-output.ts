import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { NotMediaError } from '../tools/media-info.ts'
import type { ArtifactSpec, MediaCheck, MediaInfo } from '../tools/tool.ts'
import type { CommandAccount } from './command-account.ts'
import { OutputIncompleteError, OutputMissingError, TargetMissedError } from './job-failure.ts'

export interface OutputWarning {
  readonly code: 'output_short'
  readonly file: string
  readonly message: string
}

export interface VerifyOptions {
  readonly directory: string
  /** What the command that made them has said. */
  readonly account: CommandAccount
  /** Throws NotMediaError; tells ffprobe's complaints first. */
  probe(file: string, options: { readonly demuxer?: string | undefined; readonly onComplaint: (text: string) => void }): Promise<MediaInfo>
}

/**
 * Exit 0 is not believed: each promised file has to be there, to hold something, to open and to be as long as the
 * command said. Throws OutputMissingError and OutputIncompleteError. What is whole and yet shorter than its source
 * claims to be, since the source is not whole itself, is a warning.
 */
export async function verifyOutputs(specs: readonly ArtifactSpec[], options: VerifyOptions): Promise<readonly OutputWarning[]> {
  const { writtenBytes = 0 } = options.account
  for (const { file, mostBytes } of specs) {
    const made = await lstat(join(options.directory, file)).catch(() => undefined)
    if (!made?.isFile() || made.size === 0) {
      throw new OutputMissingError(`The command ended well but ${file} ${made ? 'is empty' : 'was not made'}`)
    }
    if (mostBytes !== undefined && made.size > mostBytes) throw new TargetMissedError(`${file} holds ${made.size} bytes, which is more than the ${mostBytes} asked for`)
    if (specs.length === 1 && made.size < writtenBytes) {
      throw new OutputIncompleteError(`The command ended well but ${file} is cut short: it holds ${made.size} of ${writtenBytes} bytes`)
    }
  }
  const warnings: OutputWarning[] = []
  for (const { file, media } of specs) {
    const info = media && (await openOutput(file, media, options))
    const seconds = info?.durationSeconds
    if (!info || !media?.isTimed || seconds === undefined) continue
    const declared = declaredFor(info, media)
    const due = secondsDue(declared, { account: options.account, isToldApart: specs.length === 1 && !info.streams.some(({ isAttachedPicture }) => isAttachedPicture) })
    if (due !== undefined && isShort(seconds, due)) {
      throw new OutputIncompleteError(`The command ended well but ${file} is cut short: it holds ${show(seconds)} of ${show(due)}`)
    }
    if (declared !== undefined && isShort(seconds, declared)) {
      const message = `${file} holds ${show(seconds)} and its source claims to hold ${show(declared)}: the source may be cut short or damaged`
      warnings.push({ code: 'output_short', file, message })
    }
  }
  return warnings
}

/** Undefined where nobody can tell: ffprobe may not decode all that ffmpeg can encode. */
async function openOutput(file: string, { demuxer }: MediaCheck, { directory, probe }: VerifyOptions): Promise<MediaInfo | undefined> {
  let isBarred = false
  const onComplaint = (text: string) => (isBarred ||= /Codec \(\w+\) not on whitelist/.test(text))
  const info = await probe(join(directory, file), { demuxer, onComplaint }).catch((error: unknown) => {
    if (!(error instanceof NotMediaError)) throw error
  })
  // What is taken for a picture without a look at it has no size unless it is one.
  if (info && (demuxer === undefined || info.streams.some(({ width }) => width !== undefined))) return info
  if (isBarred) return undefined
  throw new OutputIncompleteError(`The command ended well but ${file} is cut short or damaged: ffprobe cannot open it`)
}

/** The least that the sources declare of the kinds of streams that the file has. */
function declaredFor({ streams }: MediaInfo, { declaredSeconds = {} }: MediaCheck): number | undefined {
  const kinds = new Set(streams.filter(({ isAttachedPicture }) => isAttachedPicture !== true).map(({ kind }) => kind))
  const known = (['video', 'audio'] as const).filter((kind) => kinds.has(kind)).map((kind) => declaredSeconds[kind])
  return known.length === 0 || known.includes(undefined) ? undefined : Math.min(...known.filter((seconds) => seconds !== undefined))
}

/**
 * What must be in the file. Of several outputs ffmpeg only tells how long the longest one is, and so it does of sound
 * and the film that becomes its cover.
 */
function secondsDue(declared: number | undefined, { account, isToldApart }: { account: CommandAccount; isToldApart: boolean }): number | undefined {
  const { writtenSeconds, hasToldProgress } = account
  if (writtenSeconds === undefined) return hasToldProgress ? undefined : declared
  if (declared === undefined) return isToldApart ? writtenSeconds : undefined
  return Math.min(declared, writtenSeconds)
}

/** Containers round, encoders hold frames back, and streams end one before the other. */
function isShort(seconds: number, due: number): boolean {
  return seconds < due * 0.95 - 1
}

function show(seconds: number): string {
  return `${Number(seconds.toFixed(1))} s`
}
