'use strict';
for (const section of document.querySelectorAll('.pictures')) {
  const slider = section.querySelector('input');
  if (!slider) continue;
  const times = section.dataset.times.split(',');
  slider.addEventListener('input', () => {
    section.className = 'pictures sheet' + slider.value;
    section.querySelector('output').textContent = times[slider.value];
  });
}
for (const chart of document.querySelectorAll('.chart')) {
  const svg = chart.querySelector('svg'), cursor = chart.querySelector('.cursor');
  const curves = [...chart.querySelectorAll('.curve')].map(path =>
    path.dataset.values.split(';').map(point => point.split(',')));
  const shown = [...chart.querySelectorAll('.legend b')], note = chart.querySelector('figcaption p');
  const latest = shown.map(b => b.textContent), said = note.textContent;
  svg.addEventListener('pointermove', event => {
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
    curves.forEach((points, i) => {
      const near = points.reduce((a, b) => Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a);
      shown[i].textContent = near[2];
      if (i === 0) {
        cursor.setAttribute('transform', 'translate(' + near[0] + ',0)');
        cursor.style.visibility = 'visible';
        note.textContent = 'at ' + near[1] + ' kimg';
      }
    });
  });
  svg.addEventListener('pointerleave', () => {
    shown.forEach((b, i) => { b.textContent = latest[i]; });
    cursor.style.visibility = 'hidden';
    note.textContent = said;
  });
}
