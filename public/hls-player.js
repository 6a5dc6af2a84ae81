import { parseMaster, parseMedia } from './hls-playlist.js'
import { patientFetch, RefusedError } from './patient-fetch.js'

/** So much is fetched ahead of what is seen, and so much kept behind it. */
const AHEAD_SECONDS = 30
const BEHIND_SECONDS = 60
/** Pieces begin and end with frames, of which the first may be shown a little late. */
const GAP_SECONDS = 0.5
/** Of what the line has carried lately, this much is asked for. */
const SHARE_OF_LINE = 0.7

/**
 * Plays an HLS stream of fMP4 pieces by Media Source Extensions, also while it is made: `update()` says that the
 * playlists may name more. `onState` hears of `{ type: 'going', seconds, isWhole }`, `{ type: 'waiting' }` (the hub is
 * away; it goes on by itself) and `{ type: 'failed', reason }`: `codec`, `pieces`, `gone` or `broken`.
 */
export function playHls(video, address, { onState }) {
  const closed = new AbortController()
  const { signal } = closed
  const source = new MediaSource()
  const object = URL.createObjectURL(source)
  /** Indices of the pieces that the browser holds. */
  const held = new Set()
  let variants = []
  let variant
  let buffer
  let mapOf
  let bitsPerSecond = 0
  let hasPlayed = false
  let fetching
  let isWoken = false
  let wake = () => undefined

  for (const type of ['timeupdate', 'waiting', 'play']) video.addEventListener(type, onMoved, { signal })
  video.addEventListener('seeking', onSeek, { signal })
  video.addEventListener('error', () => {
    if (!signal.aborted) fail('broken', video.error?.message)
  }, { signal })
  video.src = object
  run().catch((error) => {
    if (!signal.aborted) fail(error instanceof RefusedError ? 'gone' : error instanceof StreamError ? error.reason : 'broken', error.message)
  })
  return { update, close }

  function update() {
    for (const one of variants) one.isStale = true
    rouse()
  }

  function close() {
    if (signal.aborted) return
    closed.abort()
    fetching?.abort.abort()
    rouse()
    video.removeAttribute('src')
    video.load()
    URL.revokeObjectURL(object)
  }

  function fail(reason, detail) {
    close()
    onState({ type: 'failed', reason, detail })
  }

  async function run() {
    if (source.readyState !== 'open') await happens(source, 'sourceopen')
    URL.revokeObjectURL(object)
    variants = await readMaster()
    variant = variants[0]
    buffer = source.addSourceBuffer(typeOf(variant))
    while (!signal.aborted) {
      isWoken = false
      if (variant.isStale) await readPlaylist(variant)
      const index = nextPiece()
      if (index !== undefined) await take(index)
      else if (variant.playlist.isWhole && held.has(variant.playlist.pieces.length - 1) && source.readyState === 'open') source.endOfStream()
      else if (!isWoken && !variant.isStale) await new Promise((resolve) => { wake = resolve })
    }
  }

  async function readMaster() {
    const named = parseMaster(await (await get(address)).text(), address)
    const playable = named.filter((one) => MediaSource.isTypeSupported(typeOf(one)))
    if (playable.length === 0) throw new StreamError('codec')
    return playable.map((one) => ({ ...one, isStale: true }))
  }

  async function readPlaylist(of) {
    of.isStale = false
    of.playlist = parseMedia(await (await get(of.address)).text(), of.address)
    const { init, pieces, seconds, target, isWhole } = of.playlist
    if (init === undefined && pieces.length > 0) throw new StreamError('pieces')
    tell(of.playlist)
    // Never reached while more is to come: at its end a film would stop for good. What is held can only be cut by endOfStream.
    const duration = isWhole ? seconds : seconds + target
    if (source.readyState === 'open' && source.duration !== duration && !held.has(pieces.length - 1)) source.duration = duration
  }

  /** The first that is missing from where the film stands; undefined where there is enough, or no more as yet. */
  function nextPiece() {
    const { pieces, isWhole } = variant.playlist
    const { currentTime } = video
    let index = pieces.findIndex(({ end }) => end > currentTime + 0.001)
    if (index === -1 && isWhole) index = pieces.length - 1
    while (index !== -1 && held.has(index)) index++
    const piece = pieces[index]
    return piece && piece.start <= currentTime + (hasPlayed ? AHEAD_SECONDS : 0) ? index : undefined
  }

  async function take(index) {
    const chosen = await choose(index)
    const { playlist: { init, pieces } } = chosen
    if (!pieces[index]) return
    fetching = { index, abort: new AbortController() }
    const given = AbortSignal.any([signal, fetching.abort.signal])
    try {
      const head = mapOf === chosen ? undefined : await bytesOf(init, given)
      const begun = performance.now()
      const bytes = await bytesOf(pieces[index].address, given)
      const rate = (bytes.byteLength * 8000) / Math.max(1, performance.now() - begun)
      bitsPerSecond = bitsPerSecond === 0 ? rate : bitsPerSecond * 0.6 + rate * 0.4
      await letGoBehind(pieces)
      if (head) await append(head)
      mapOf = chosen
      await append(bytes)
      if (buffer.buffered.length === 0) throw new StreamError('broken', '')
      held.add(index)
      skipGap()
    } catch (error) {
      if (signal.aborted || !given.aborted) throw error
    } finally {
      fetching = undefined
    }
  }

  /** The best that the line carries and the picture has room for; whose playlist may be behind the others'. */
  async function choose(index) {
    const pixels = video.clientHeight * devicePixelRatio
    const fitting = variants.filter((one, at) => at === 0 || (one.bandwidth <= bitsPerSecond * SHARE_OF_LINE && variants[at - 1].height < pixels))
    const best = fitting.at(-1)
    if (best !== variant) {
      if (best.isStale) await readPlaylist(best)
      if (best.playlist.pieces[index]) variant = best
    }
    return variant
  }

  async function append(bytes) {
    try {
      buffer.appendBuffer(bytes)
    } catch (error) {
      if (error.name !== 'QuotaExceededError') throw error
      await remove(0, video.currentTime - GAP_SECONDS)
      buffer.appendBuffer(bytes)
    }
    await happens(buffer, 'updateend')
  }

  async function letGoBehind(pieces) {
    const until = pieces.findLast(({ end }) => end < video.currentTime - BEHIND_SECONDS)?.end ?? 0
    if (until > 0 && buffer.buffered.length > 0 && buffer.buffered.start(0) < until) await remove(0, until)
  }

  async function remove(from, to) {
    if (to <= from) return
    buffer.remove(from, to)
    await happens(buffer, 'updateend')
    forgetMissing()
  }

  /** A browser lets go of pieces by itself when it has too many. */
  function forgetMissing() {
    for (const index of held) {
      const piece = variant.playlist.pieces[index]
      if (!piece || !isBuffered((piece.start + piece.end) / 2)) held.delete(index)
    }
  }

  function onMoved({ type }) {
    if (type === 'play') hasPlayed = true
    if (type === 'waiting' && variant?.playlist) forgetMissing()
    skipGap()
    rouse()
  }

  function onSeek() {
    if (!variant?.playlist) return
    forgetMissing()
    const index = nextPiece()
    if (fetching && index !== undefined && Math.abs(index - fetching.index) > 1) fetching.abort.abort()
    rouse()
  }

  function skipGap() {
    const { buffered, currentTime } = video
    if (isBuffered(currentTime)) return
    for (let at = 0; at < buffered.length; at++) {
      const start = buffered.start(at)
      if (start > currentTime && start - currentTime < GAP_SECONDS) video.currentTime = start + 0.001
    }
  }

  function isBuffered(time) {
    const ranges = buffer.buffered
    for (let at = 0; at < ranges.length; at++) if (ranges.start(at) <= time && time < ranges.end(at)) return true
    return false
  }

  function rouse() {
    isWoken = true
    wake()
  }

  function get(url, given = signal) {
    return patientFetch(url, { signal: given, onAway: () => onState({ type: 'waiting' }), onBack: () => variant?.playlist && tell(variant.playlist) })
  }

  async function bytesOf(url, given) {
    return (await get(url, given)).arrayBuffer()
  }

  function tell({ seconds, isWhole }) {
    onState({ type: 'going', seconds, isWhole })
  }
}

class StreamError extends Error {
  constructor(reason, message) {
    super(message)
    this.reason = reason
  }
}

function typeOf({ codecs }) {
  return `video/mp4; codecs="${codecs}"`
}

function happens(target, type) {
  return new Promise((resolve, reject) => {
    const heard = new AbortController()
    const settle = (how) => () => {
      heard.abort()
      how()
    }
    target.addEventListener(type, settle(resolve), { signal: heard.signal })
    target.addEventListener('error', settle(() => reject(new StreamError('broken', type))), { signal: heard.signal })
  })
}
