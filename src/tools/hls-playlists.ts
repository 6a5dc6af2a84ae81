/** One size of a film, in pieces. */
export interface Rendition {
  /** Such as `720p`; its files begin so. */
  readonly name: string
  readonly width: number
  readonly height: number
  /** Of the picture, at most. */
  readonly kbps: number
  /** Left out where there is no sound. */
  readonly soundKbps?: number
  readonly level: AvcLevel
}

export interface AvcLevel {
  /** As encoders take it, such as `3.1`. */
  readonly name: string
  /** As it stands in the stream: ten times that. */
  readonly idc: number
}

/** RFC 8216, 4.3.4: what a player is given, to choose from. */
export function masterPlaylist(
  renditions: readonly Rendition[], { segments, framesPerSecond }: { readonly segments: 'fmp4' | 'ts'; readonly framesPerSecond: number },
): string {
  return lines(
    '#EXTM3U', `#EXT-X-VERSION:${versionOf(segments)}`, '#EXT-X-INDEPENDENT-SEGMENTS',
    ...renditions.flatMap(({ name, width, height, kbps, soundKbps, level }) => {
      // What was saved up before may be spent in one piece, and the container takes its share.
      const bandwidth = Math.round((kbps * 1.3 + (soundKbps ?? 0)) * 1000 * 1.1)
      // RFC 6381: profile High, no constraints, the level; AAC-LC.
      const codecs = [`avc1.6400${level.idc.toString(16)}`, ...(soundKbps === undefined ? [] : ['mp4a.40.2'])].join(',')
      return [`#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth},RESOLUTION=${width}x${height},FRAME-RATE=${framesPerSecond.toFixed(3)},CODECS="${codecs}"`, `${name}.m3u8`]
    }),
  )
}

export interface MediaPlaylist {
  readonly segments: 'fmp4' | 'ts'
  /** `segmentLines` of each, one after the other. */
  readonly made: string
  /** Never exceeded, whole seconds; must stay the same while the playlist grows. */
  readonly targetSeconds: number
  /** Where the head of all segments is. */
  readonly init: string | undefined
  /** There will be no more. */
  readonly isWhole: boolean
}

/** RFC 8216, 4.3.2.1: a piece as it stands in each version of its playlist. */
export function segmentLines({ name, seconds }: { readonly name: string; readonly seconds: number }): string {
  return lines(`#EXTINF:${seconds.toFixed(6)},`, name)
}

/** RFC 8216, 4.3.3: the pieces there are so far. */
export function mediaPlaylist({ segments, made, targetSeconds, init, isWhole }: MediaPlaylist): string {
  const head = lines(
    '#EXTM3U', `#EXT-X-VERSION:${versionOf(segments)}`, `#EXT-X-TARGETDURATION:${targetSeconds}`, '#EXT-X-MEDIA-SEQUENCE:0',
    // Only ever added to: who comes late sees it from its beginning.
    '#EXT-X-PLAYLIST-TYPE:EVENT', ...(init === undefined ? [] : [`#EXT-X-MAP:URI="${init}"`]),
  )
  return head + made + (isWhole ? lines('#EXT-X-ENDLIST') : '')
}

/** Of the protocol: EXT-X-MAP is of version 6, and decimals are of version 3. */
function versionOf(segments: 'fmp4' | 'ts'): number {
  return segments === 'ts' ? 3 : 7
}

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('')
}
