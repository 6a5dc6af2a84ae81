import { refuseField } from '../source-field.ts'
import type { Region } from './region.ts'
import type { WatermarkInput } from './watermark-input.ts'

interface Size {
  readonly width: number
  readonly height: number
}

type AskedRegion = NonNullable<WatermarkInput['regions']>[number]

/** Fewer cannot be told from noise. */
const LEAST_PIXELS = 2

/** The regions in whole pixels of the picture. Throws a HubError that names the field of what lies outside. */
export function resolveRegions({ regions, unit }: Pick<WatermarkInput, 'regions' | 'unit'>, picture: Size): readonly Region[] | undefined {
  return regions?.map((region, index) => resolveRegion(region, { picture, path: `regions[${index}]`, unit }))
}

function resolveRegion(asked: AskedRegion, { picture, path, unit }: { readonly picture: Size; readonly path: string; readonly unit: WatermarkInput['unit'] }): Region {
  const across = (value: number) => (unit === 'fractions' ? value * picture.width : value)
  const down = (value: number) => (unit === 'fractions' ? value * picture.height : value)
  const places = asked.keyframes?.map(({ at_seconds, x, y }) => ({ atSeconds: at_seconds, x: across(x), y: down(y) })) ?? [{ atSeconds: 0, x: across(asked.x!), y: down(asked.y!) }]
  const [width, height] = [Math.round(across(asked.width)), Math.round(down(asked.height))]
  if (width < LEAST_PIXELS) refuseField(`${path}.width`, `is less than ${LEAST_PIXELS} pixels`)
  if (height < LEAST_PIXELS) refuseField(`${path}.height`, `is less than ${LEAST_PIXELS} pixels`)
  for (const [index, { x, y }] of places.entries()) {
    const place = asked.keyframes ? `${path}.keyframes[${index}]` : path
    const shown = `the picture has ${picture.width}×${picture.height} pixels`
    if (Math.round(x) + width > picture.width) refuseField(asked.keyframes ? `${place}.x` : `${place}.width`, `reaches ${Math.round(x) + width - picture.width} pixels beyond the right edge: ${shown}`)
    if (Math.round(y) + height > picture.height) refuseField(asked.keyframes ? `${place}.y` : `${place}.height`, `reaches ${Math.round(y) + height - picture.height} pixels beyond the lower edge: ${shown}`)
  }
  if (width * height > 0.5 * picture.width * picture.height) refuseField(`${path}.width`, 'takes more than half of the picture', 'What is below cannot be told then; send what the mark takes alone')
  const { x, y } = places[0]!
  return {
    x: Math.round(x), y: Math.round(y), width, height,
    ...(asked.from_seconds !== undefined && { fromSeconds: asked.from_seconds }), ...(asked.to_seconds !== undefined && { toSeconds: asked.to_seconds }),
    ...(asked.keyframes && { keyframes: places }),
  }
}
