/** `3.1 MB`; powers of 1000, as disks and networks count. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const exponent = Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length)
  const value = bytes / 1000 ** exponent
  return `${value.toFixed(value < 100 ? 1 : 0)} ${UNITS[exponent - 1]}`
}

/** `0:06`, `12:30`, `1:02:30`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, String(whole % 60).padStart(2, '0')]
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}

const UNITS = ['kB', 'MB', 'GB', 'TB'] as const
