const PAUSES_MS = [500, 1000, 2000, 4000, 8000]

/** What a hub refuses for good; `status` is that of its answer. */
export class RefusedError extends Error {
  constructor(status) {
    super(String(status))
    this.status = status
  }
}

/**
 * Fetches, as often as it takes while the hub is away: `onAway` is told of each failure, `onBack` of the answer after
 * one. Rejects with `RefusedError`, and when `signal` is aborted.
 */
export async function patientFetch(url, { signal, onAway, onBack }) {
  for (let failures = 0; ; failures++) {
    // The files of a job that is run again have the names of those before them.
    const response = await fetch(url, { signal, cache: 'no-cache' }).catch((error) => {
      if (signal.aborted) throw error
    })
    if (response?.ok) {
      if (failures > 0) onBack()
      return response
    }
    if (response && response.status < 500 && response.status !== 429) throw new RefusedError(response.status)
    onAway()
    await pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)], signal)
  }
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    }, { once: true })
  })
}
