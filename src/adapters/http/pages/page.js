// What only a reader's own browser knows. Pages are whole without it.

const near = document.getElementById('near')
const locate = document.getElementById('locate')

if (locate !== null && 'geolocation' in navigator) {
  locate.hidden = false
  locate.addEventListener('click', () => {
    locate.disabled = true
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      // A hundred metres are near enough, and more is no business of ours.
      near.value = `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`
      near.form.submit()
    }, unknown)
  })
}

function unknown() {
  locate.textContent = 'Your browser does not say where you are'
}
