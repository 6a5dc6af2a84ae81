/** What is known of pixels of an overlay: weighted sums over frames of what was shown, and of what was likely to be below. */
export interface Moments {
  readonly weight: Float64Array
  readonly below: Float64Array
  readonly shown: Float64Array
  readonly belowSquare: Float64Array
  readonly product: Float64Array
  readonly shownSquare: Float64Array
  readonly error: Float64Array
}

export function newMoments(size: number): Moments {
  const zeros = () => new Float64Array(size)
  return { weight: zeros(), below: zeros(), shown: zeros(), belowSquare: zeros(), product: zeros(), shownSquare: zeros(), error: zeros() }
}

/** What an overlay makes of what is below: shown = share · below + added. */
export interface Line {
  readonly share: number
  readonly added: number
  /** From 0 to 1: how much of what was shown is explained by what was thought to be below. */
  readonly fit: number
}

/** Sums over several pixels. */
export class MomentsSum {
  readonly weight: number
  readonly below: number
  readonly shown: number
  readonly belowSquare: number
  readonly product: number
  readonly shownSquare: number
  readonly error: number
  /** Of each pixel by itself, over time. */
  readonly within: { readonly variance: number; readonly covariance: number; readonly shownVariance: number }

  constructor({ weight, below, shown, belowSquare, product, shownSquare, error, within }: Omit<MomentsSum, 'plus' | 'errorOf' | 'lineOf' | 'doubt' | 'doubtIn'>) {
    this.weight = weight
    this.below = below
    this.shown = shown
    this.belowSquare = belowSquare
    this.product = product
    this.shownSquare = shownSquare
    this.error = error
    this.within = within
  }

  plus(other: MomentsSum): MomentsSum {
    return new MomentsSum({
      weight: this.weight + other.weight, below: this.below + other.below, shown: this.shown + other.shown, belowSquare: this.belowSquare + other.belowSquare,
      product: this.product + other.product, shownSquare: this.shownSquare + other.shownSquare, error: this.error + other.error,
      within: {
        variance: this.within.variance + other.within.variance, covariance: this.within.covariance + other.within.covariance,
        shownVariance: this.within.shownVariance + other.within.shownVariance,
      },
    })
  }

  /** The square of how far off what was thought to be below may be. */
  get doubt(): number {
    return this.error / this.weight
  }

  /** The same, by what is known of the film around. */
  doubtIn({ doubt, truth }: FilmTruth): number {
    return Math.max(doubt * this.doubt, ((1 - truth) * this.within.variance) / this.weight)
  }

  /** The line of that share that goes through the middle. */
  lineOf(share: number): Pick<Line, 'share' | 'added'> {
    return { share, added: (this.shown - share * this.below) / this.weight }
  }

  /** The mean square of what the line leaves. */
  errorOf({ share, added }: Pick<Line, 'share' | 'added'>): number {
    const { weight, below, shown, belowSquare, product, shownSquare } = this
    return (shownSquare + share * share * belowSquare + added * added * weight - 2 * share * product - 2 * added * shown + 2 * share * added * below) / weight
  }
}

export function sumOf(moments: Moments, places: readonly number[]): MomentsSum {
  const sums = { weight: 0, below: 0, shown: 0, belowSquare: 0, product: 0, shownSquare: 0, error: 0 }
  const within = { variance: 0, covariance: 0, shownVariance: 0 }
  const names = Object.keys(sums) as (keyof Moments)[]
  for (const at of places) {
    for (const name of names) sums[name] += moments[name][at]!
    const [weight, below, shown] = [moments.weight[at]!, moments.below[at]!, moments.shown[at]!]
    within.variance += moments.belowSquare[at]! - below ** 2 / weight
    within.covariance += moments.product[at]! - (below * shown) / weight
    within.shownVariance += moments.shownSquare[at]! - shown ** 2 / weight
  }
  return new MomentsSum({ ...sums, within })
}

/** What the film itself shows where it is not covered, by which what was thought to be below an overlay is judged. */
export interface FilmTruth {
  /** Of the variance of what was thought to be below, the share that is true. */
  readonly truth: number
  /** How often the square of the error was what it was thought to be. */
  readonly doubt: number
  /** Of the film, over time. */
  readonly variance: number
}

export function filmTruth(film: MomentsSum): FilmTruth {
  const { variance, covariance, shownVariance } = film.within
  return {
    truth: variance <= 0 ? 1 : Math.min(1, Math.max(0.1, covariance / variance)),
    doubt: Math.max(1, film.errorOf({ share: 1, added: 0 }) / Math.max(1, film.doubt)), variance: Math.max(1, shownVariance / film.weight),
  }
}

/** What an encoder leaves at the least, as the square of steps of 8 bits. */
const CODING_NOISE = 1

/** The less the line explains, the more counts how much varies: what is below varies as the film does. */
export function lineThrough({ weight, below, shown, belowSquare, product, shownSquare, within }: MomentsSum, film: FilmTruth): Line {
  const [meanBelow, meanShown] = [below / weight, shown / weight]
  const variance = belowSquare / weight - meanBelow ** 2
  const covariance = Math.max(0, product / weight - meanBelow * meanShown)
  const shownVariance = shownSquare / weight - meanShown ** 2
  const known = Math.max(1, variance - ((1 - film.truth) * within.variance) / weight)
  const fit = Math.min(1, covariance ** 2 / Math.max(1e-6, variance * shownVariance))
  const share = Math.min(1, fit * (covariance / known) + (1 - fit) * Math.sqrt(Math.max(0, within.shownVariance / weight - CODING_NOISE) / film.variance))
  return { share, added: meanShown - share * meanBelow, fit }
}
