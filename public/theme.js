// Classic and first, so that the page is never painted in the other theme.
(() => {
  const kept = localStorage.getItem('reeltime.theme')
  if (kept === 'dark' || kept === 'light') document.documentElement.dataset.theme = kept
})()
