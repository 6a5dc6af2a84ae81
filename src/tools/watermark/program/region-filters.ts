import { overlayFormat } from '../overlay-format.ts'
import { enableOf, expressionOf, type Region } from '../region.ts'
import type { FilmFacts, Method } from '../task.ts'

/** Filters from `[film]`, and `[1:v]` for a cover, to `[out]`. Made of numbers alone. */
export function regionFilters(method: Exclude<Method, 'inpaint'>, regions: readonly Region[], film: FilmFacts): string {
  const plain = regions.map((region) => delogo(region, film)).join(',')
  if (method === 'delogo') return `[film]${plain}[out]`
  // A cover may have clear parts.
  if (method === 'cover') return `[film]${plain}[plain];${chained(method, regions, film)}`
  return chained(method, regions, film)
}

function chained(method: 'blur' | 'cover', regions: readonly Region[], film: FilmFacts): string {
  return regions.map((region, index) => {
    const [from, to] = [index === 0 ? (method === 'cover' ? 'plain' : 'film') : `done${index}`, index === regions.length - 1 ? 'out' : `done${index + 1}`]
    return method === 'blur' ? blurred(region, { film, from, to, index }) : covered(region, { film, from, to, index })
  }).join(';')
}

/** The filter wants a pixel of the picture around. */
function delogo(region: Region, { width, height }: FilmFacts): string {
  const [x, y] = [expressionOf(region, 'x'), expressionOf(region, 'y')]
  const wide = Math.min(region.width, width - 2)
  const high = Math.min(region.height, height - 2)
  return `delogo=x='clip(${x},1,${width - 1 - wide})':y='clip(${y},1,${height - 1 - high})':w=${wide}:h=${high}${during(region)}`
}

interface Step {
  readonly film: FilmFacts
  readonly from: string
  readonly to: string
  readonly index: number
}

function blurred(region: Region, { film, from, to, index }: Step): string {
  const { width, height } = region
  const [x, y] = [expressionOf(region, 'x'), expressionOf(region, 'y')]
  const sigma = Math.max(4, Math.round(Math.min(width, height) / 3))
  return `[${from}]split[keep${index}][part${index}];[part${index}]crop=${width}:${height}:'${x}':'${y}':exact=1,gblur=sigma=${sigma}:steps=3[blurred${index}];`
    + `[keep${index}][blurred${index}]overlay=x='${x}':y='${y}':format=${overlayFormat(film)}${during(region)}[${to}]`
}

/** As large as it fits, in the middle. */
function covered(region: Region, { film, from, to, index }: Step): string {
  const { width, height } = region
  const place = (axis: 'x' | 'y', size: string) => `'${expressionOf(region, axis)}+(${size})/2'`
  return `[1:v]scale=${width}:${height}:flags=area:force_original_aspect_ratio=decrease,format=rgba[cover${index}];`
    + `[${from}][cover${index}]overlay=x=${place('x', `${width}-w`)}:y=${place('y', `${height}-h`)}:format=${overlayFormat(film)}${during(region)}[${to}]`
}

function during(region: Region): string {
  const enable = enableOf(region)
  return enable === undefined ? '' : `:enable='${enable}'`
}
