// Draws the pictures of the report from the figures in the page. Everything it
// shows stands in tables too, so the page needs no script.
(function () {
  'use strict';
  const data = JSON.parse(document.getElementById('charts').textContent);
  const ink = '#1b1f24', soft = '#4d5560', line = '#d4d1ca';
  // Colours and marks differ in lightness and shape, for readers who do not
  // see colours and for grey print.
  const colours = ['#1f4e79', '#b3541e', '#4f7d4f', '#7a5195'];
  const pale = '#b9cbe0';
  const font = getComputedStyle(document.querySelector('table') || document.body).fontFamily;
  const drawn = [];

  const number = (value) =>
    value === null || value === undefined || value === '-' ? '–'
      : Number(value).toLocaleString('en-US', { maximumFractionDigits: 3 });
  // Tooltips are plain text on a canvas of our own: nothing becomes markup.
  const textOnly = { renderMode: 'richText', confine: true, textStyle: { fontFamily: font } };

  function axisText() {
    return { color: ink, fontFamily: font, fontSize: 12 };
  }
  function valueAxis(name, extra) {
    return Object.assign({
      splitNumber: document.querySelector('main').clientWidth < 500 ? 3 : 5, type: 'value', name: name, nameLocation: 'middle', nameGap: 32,
      nameTextStyle: axisText(), axisLabel: axisText(),
      axisLine: { show: true, lineStyle: { color: soft } },
      splitLine: { lineStyle: { color: line } },
    }, extra);
  }
  function categoryAxis(names, extra) {
    return Object.assign({
      type: 'category', data: names, axisTick: { show: false },
      axisLine: { lineStyle: { color: soft } },
      axisLabel: Object.assign(axisText(), { interval: 0 }),
    }, extra);
  }
  function markLines(marks, axis, position) {
    if (!marks.length) return undefined;
    return {
      silent: true, symbol: 'none', lineStyle: { color: ink, type: 'dashed', width: 1.5 },
      data: marks.map((mark) => ({
        [axis]: mark.value,
        label: { formatter: () => mark.label, color: ink, fontFamily: font, position: position },
      })),
    };
  }
  // Intervals as thin lines through the points of a series.
  function intervals(series, names, sideways) {
    const data = [];
    series.values.forEach((value, i) => {
      const low = series.low[i], high = series.high[i];
      if (low === null || low === undefined || high === null || high === undefined) return;
      data.push(sideways
        ? [{ coord: [low, names[i]] }, { coord: [high, names[i]] }]
        : [{ coord: [names[i], low] }, { coord: [names[i], high] }]);
    });
    return data.length
      ? { silent: true, symbol: ['rect', 'rect'], symbolSize: [2, 12], label: { show: false },
          lineStyle: { color: ink, type: 'solid', width: 2 }, data: data }
      : undefined;
  }
  // Names of categories are cut to what the width allows; Chinese signs count twice.
  function shortName(name) {
    const room = document.querySelector('main').clientWidth < 500 ? 18 : 42;
    let width = 0, kept = '';
    for (const sign of name) {
      width += sign.charCodeAt(0) > 0x2e7f ? 2 : 1;
      if (width > room) return kept + '…';
      kept += sign;
    }
    return kept;
  }
  const listHeight = (count, each) => Math.max(190, 110 + count * each);

  const kinds = {
    bars(chart) {
      const names = chart.categories;
      return {
        height: listHeight(names.length * chart.series.length, chart.series.length > 1 ? 22 : 34),
        option: {
          legend: chart.series.length > 1 ? { top: 4, textStyle: axisText() } : undefined,
          grid: { left: 12, right: 70, top: chart.series.length > 1 ? 40 : 16, bottom: 44, containLabel: true },
          xAxis: valueAxis(chart.xName),
          yAxis: categoryAxis(names, { inverse: true,
            axisLabel: Object.assign(axisText(), { interval: 0, formatter: shortName }) }),
          series: chart.series.map((one, i) => {
            const drawn = intervals(one, names, true);
            return {
            type: 'bar', name: one.name, data: one.values, barMaxWidth: 22,
            itemStyle: { color: i === 0 ? colours[0] : pale, borderColor: colours[0], borderWidth: i === 0 ? 0 : 1 },
            // Beside the bar, or inside it where the line of an interval runs.
            label: { show: true, position: drawn ? 'insideLeft' : 'right', formatter: (p) => number(p.value),
                     color: drawn ? '#ffffff' : ink, fontFamily: font },
            markLine: drawn || (i === 0 ? markLines(chart.marks, 'xAxis', 'start') : undefined),
            };
          }),
        },
      };
    },
    histogram(chart) {
      const edges = chart.categories.map(Number);
      const width = edges.length > 1 ? edges[1] - edges[0] : 1;
      return {
        height: 320,
        option: {
          grid: { left: 44, right: 24, top: 34, bottom: 44, containLabel: true },
          xAxis: valueAxis(chart.xName, { min: edges[0], max: edges[edges.length - 1] + width,
            splitLine: { show: false } }),
          yAxis: valueAxis(chart.yName, { nameGap: 50, minInterval: 1 }),
          // Columns on a numeric axis: a step line filled to the ground.
          series: chart.series.map((one, i) => ({
            type: 'line', name: one.name, step: 'end', symbol: 'none',
            data: edges.map((edge, k) => [edge, one.values[k]])
              .concat([[edges[edges.length - 1] + width, one.values[one.values.length - 1]]]),
            lineStyle: { color: colours[i], width: 1.5 },
            // What comes second is a curve held against the columns.
            areaStyle: i === 0 ? { color: colours[i], opacity: 0.55 } : undefined,
            markLine: i === 0 ? markLines(chart.marks, 'xAxis', 'end') : undefined,
          })),
        },
      };
    },
    range(chart) {
      const names = chart.categories;
      const band = chart.series[0], extra = chart.series[1];
      const span = band.high.map((high, i) =>
        (high === null || band.low[i] === null ? null : high - band.low[i]));
      return {
        height: listHeight(names.length, 34),
        option: {
          legend: { top: 4, textStyle: axisText(), selectedMode: false,
                    data: [chart.rangeName, band.name].concat(extra ? [extra.name] : []) },
          grid: { left: 12, right: 36, top: 44, bottom: 44, containLabel: true },
          xAxis: valueAxis(chart.xName),
          yAxis: categoryAxis(names, { inverse: true,
            axisLabel: Object.assign(axisText(), { interval: 0, formatter: shortName }) }),
          series: [
            { type: 'bar', stack: 'band', name: 'base', silent: true, data: band.low,
              itemStyle: { color: 'transparent' }, barMaxWidth: 16 },
            { type: 'bar', stack: 'band', name: chart.rangeName, data: span, barMaxWidth: 16,
              itemStyle: { color: pale, borderColor: colours[0] } },
            { type: 'scatter', name: band.name, symbol: 'rect', symbolSize: [4, 22], z: 5,
              itemStyle: { color: colours[0] }, data: band.values.map((v, i) => [v, names[i]]) },
          ].concat(extra ? [{ type: 'scatter', name: extra.name, symbol: 'diamond', symbolSize: 15, z: 6,
              itemStyle: { color: colours[1], borderColor: '#fff', borderWidth: 1 },
              data: extra.values.map((v, i) => [v, names[i]]) }] : []),
        },
        tip(p) {
          const i = p.dataIndex;
          const rows = [names[i], chart.rangeName + ': ' + number(band.low[i]) + ' – ' + number(band.high[i]),
                        band.name + ': ' + number(band.values[i])];
          if (extra) rows.push(extra.name + ': ' + number(extra.values[i]));
          return rows.join('\n');
        },
      };
    },
    points(chart) {
      const names = chart.categories, one = chart.series[0];
      return {
        height: listHeight(names.length, 48),
        option: {
          grid: { left: 12, right: 36, top: 40, bottom: 44, containLabel: true },
          xAxis: valueAxis(chart.xName, { min: 0, max: 1 }),
          yAxis: categoryAxis(names, { inverse: true }),
          series: [
            { type: 'scatter', name: one.name, symbolSize: 14, z: 5, itemStyle: { color: colours[1] },
              data: one.values.map((v, i) => [v, names[i]]), markLine: intervals(one, names, true) },
            { type: 'scatter', name: 'marks', data: [], markLine: markLines(chart.marks, 'xAxis', 'start') },
          ],
        },
        tip(p) {
          const i = p.dataIndex;
          return names[i] + '\n' + number(one.values[i]) +
            (one.low[i] === null || one.low[i] === undefined ? '' : ' (' + number(one.low[i]) + ' – ' + number(one.high[i]) + ')');
        },
      };
    },
    curve(chart) {
      const steps = chart.categories.map(Number);
      const dashes = ['solid', 'dashed', 'dotted', [8, 3, 2, 3]];
      return {
        height: 400,
        option: {
          legend: { top: 4, textStyle: axisText() },
          grid: { left: 44, right: 24, top: 60, bottom: 44, containLabel: true },
          xAxis: valueAxis(chart.xName, { min: 0, max: 100 }),
          yAxis: valueAxis(chart.yName, { min: 0, max: 100, nameGap: 40 }),
          series: chart.series.map((one, i) => ({
            type: 'line', name: one.name, symbol: 'none',
            data: steps.map((x, k) => [x, one.values[k]]),
            lineStyle: { width: i === 0 ? 1.5 : 2.5, color: i === 0 ? soft : colours[(i - 1) % 4], type: dashes[i % 4] },
            itemStyle: { color: i === 0 ? soft : colours[(i - 1) % 4] },
          })),
        },
      };
    },
  };

  kinds.trend = function (chart) {
    const dashes = ['solid', 'dashed'], symbols = ['circle', 'rect'];
    return {
      height: 320,
      option: {
        legend: { top: 4, textStyle: axisText() },
        grid: { left: 44, right: 24, top: 44, bottom: 30, containLabel: true },
        xAxis: categoryAxis(chart.categories, { axisLabel: axisText() }),
        yAxis: valueAxis(chart.yName, { nameGap: 50 }),
        series: chart.series.map((one, i) => ({
          type: 'line', name: one.name, data: one.values, symbol: symbols[i % 2], symbolSize: 7,
          lineStyle: { width: 2.5, color: colours[i], type: dashes[i % 2] }, itemStyle: { color: colours[i] },
        })),
      },
    };
  };

  // Points with intervals on an axis that fits them and the mark.
  kinds.forest = function (chart) {
    const names = chart.categories, one = chart.series[0];
    return {
      height: listHeight(names.length, 44),
      option: {
        grid: { left: 12, right: 36, top: 40, bottom: 44, containLabel: true },
        xAxis: valueAxis(chart.xName, { scale: true, boundaryGap: ['4%', '4%'] }),
        yAxis: categoryAxis(names, { inverse: true,
          axisLabel: Object.assign(axisText(), { interval: 0, formatter: shortName }) }),
        series: [
          // Ends of intervals and the mark take part in the range of the axis.
          { type: 'scatter', name: 'ends', silent: true, symbolSize: 0,
            data: names.flatMap((name, i) => [one.low[i], one.high[i]].filter((v) => v !== null && v !== undefined)
              .map((v) => [v, name])).concat(chart.marks.map((mark) => [mark.value, names[0]])) },
          { type: 'scatter', name: one.name, symbolSize: 13, z: 5, itemStyle: { color: colours[1] },
            data: one.values.map((v, i) => [v, names[i]]), markLine: intervals(one, names, true) },
          { type: 'scatter', name: 'marks', data: [], markLine: markLines(chart.marks, 'xAxis', 'start') },
        ],
      },
      tip(p) {
        const i = names.indexOf(p.value[1]);
        return names[i] + '\n' + number(one.values[i]) +
          (one.low[i] === null || one.low[i] === undefined ? '' : ' (' + number(one.low[i]) + ' – ' + number(one.high[i]) + ')');
      },
    };
  };

  // Hills of durations, one row a stratum, with what is to be told apart on each:
  // series 0 to 3 are marks by stratum, the others the hills.
  kinds.ridge = function (chart) {
    const names = chart.categories, rows = names.length, marks = chart.series.slice(0, 4);
    const base = (i) => rows - 1 - i;
    const symbols = ['path://M-1,-8L1,-8L1,8L-1,8Z', 'rect', 'diamond', 'triangle'];
    const sizes = [[2, 18], [4, 22], 15, 12];
    const tints = [soft, colours[0], colours[1], colours[2]];
    const hills = chart.series.slice(4).map((hill, i) => {
      const top = Math.max(1, ...hill.values), from = hill.low;
      const width = from.length > 1 ? from[1] - from[0] : 1;
      return {
        type: 'line', name: 'hill', step: 'end', symbol: 'none', silent: true, z: 1,
        data: from.map((x, k) => [x, base(i) + 0.8 * hill.values[k] / top])
          .concat([[from[from.length - 1] + width, base(i)]]),
        lineStyle: { color: colours[0], width: 1 }, areaStyle: { color: pale, opacity: 0.8, origin: base(i) },
      };
    });
    const spread = marks[1].values.map((value, i) => [marks[1].low[i], marks[1].high[i], base(i) + 0.12])
      .filter((one) => one[0] !== null && one[0] !== undefined && one[1] !== null);
    return {
      height: listHeight(rows, 62),
      option: {
        legend: { top: 4, textStyle: axisText(), selectedMode: false, data: marks.map((mark) => mark.name) },
        grid: { left: 12, right: 36, top: 44, bottom: 44, containLabel: true },
        xAxis: valueAxis(chart.xName, { min: 0 }),
        yAxis: { type: 'value', min: -0.1, max: rows, interval: 1, axisTick: { show: false },
          axisLine: { lineStyle: { color: soft } }, splitLine: { show: false },
          axisLabel: Object.assign(axisText(), { showMinLabel: true, showMaxLabel: true, verticalAlign: 'bottom',
            customValues: names.map((name, i) => base(i)), formatter: (v) => shortName(names[base(v)] || '') }) },
        series: hills.concat(marks.map((mark, m) => ({
          type: 'scatter', name: mark.name, symbol: symbols[m], symbolSize: sizes[m], z: 4 + m,
          itemStyle: { color: tints[m], borderColor: '#fff', borderWidth: m > 1 ? 1 : 0 },
          data: mark.values.map((value, i) => [value, base(i) + 0.12]).filter((point) => point[0] !== null),
          markLine: m === 1 && spread.length
            ? { silent: true, symbol: ['rect', 'rect'], symbolSize: [2, 12], label: { show: false },
                lineStyle: { color: ink, type: 'solid', width: 2 },
                data: spread.map((one) => [{ coord: [one[0], one[2]] }, { coord: [one[1], one[2]] }]) }
            : undefined,
        }))),
      },
      tip(p) {
        if (!p.value || p.seriesName === 'hill') return '';
        const i = base(Math.round(p.value[1] - 0.12));
        return [names[i]].concat(marks.map((mark) => mark.name + ': ' + number(mark.values[i]))).join('\n');
      },
    };
  };

  kinds.ladder = function (chart) {
    const one = chart.series[0], names = chart.categories;
    const line = (mark) => ({
      xAxis: mark.value,
      lineStyle: { color: mark.foot ? soft : colours[1], type: mark.foot ? 'dotted' : 'dashed', width: 2 },
      label: { formatter: () => shortName(mark.label), color: ink, fontFamily: font,
               position: mark.foot ? 'insideStartTop' : 'end' },
    });
    const drawn = intervals(one, names, false);
    return {
      height: 340,
      option: {
        grid: { left: 44, right: 36, top: 40, bottom: 30, containLabel: true },
        xAxis: categoryAxis(names, { axisLabel: axisText() }),
        yAxis: valueAxis(chart.yName, { nameGap: 50, scale: true }),
        series: [
          { type: 'line', name: 'ends', silent: true, symbol: 'none', lineStyle: { opacity: 0 }, data: one.low },
          { type: 'line', name: 'ends', silent: true, symbol: 'none', lineStyle: { opacity: 0 }, data: one.high },
          { type: 'line', name: one.name, step: 'middle', data: one.values, symbol: 'circle', symbolSize: 6,
            lineStyle: { width: 2.5, color: colours[0] }, itemStyle: { color: colours[0] },
            markLine: drawn && Object.assign(drawn, { lineStyle: { color: soft, type: 'solid', width: 1 }, symbolSize: [6, 1] }) },
          { type: 'line', name: 'marks', data: [], markLine: chart.marks.length
            ? { silent: true, symbol: 'none', data: chart.marks.map(line) } : undefined },
        ],
      },
      tip(p) {
        const i = p.dataIndex;
        if (p.seriesName !== one.name) return '';
        return names[i] + ': ' + number(one.values[i]) +
          (one.low[i] === null || one.low[i] === undefined ? '' : ' (' + number(one.low[i]) + ' – ' + number(one.high[i]) + ')');
      },
    };
  };

  kinds.day = function (chart) {
    const at = chart.categories.map(Number), open = chart.series[0], runs = chart.series[1];
    const shaded = runs.low.map((from, i) => [{ xAxis: from }, { xAxis: runs.high[i] }]);
    const first = Math.floor(Math.min(at[0], runs.low[0])), last = Math.ceil(Math.max(at[at.length - 1], runs.high[runs.high.length - 1]));
    return {
      height: 260,
      option: {
        grid: { left: 44, right: 24, top: 24, bottom: 44, containLabel: true },
        xAxis: valueAxis(chart.xName, { min: first, max: last, interval: last - first > 14 ? 2 : 1, splitLine: { show: false } }),
        yAxis: valueAxis(chart.yName, { minInterval: 1, min: 0 }),
        series: [{
          type: 'line', name: open.name, step: 'end', symbol: 'none', data: at.map((hour, k) => [hour, open.values[k]]),
          lineStyle: { color: colours[0], width: 2 }, areaStyle: { color: colours[0], opacity: 0.35 },
          markArea: { silent: true, itemStyle: { color: pale, opacity: 0.45, borderColor: soft, borderWidth: 1, borderType: 'dotted' }, data: shaded },
        }],
      },
    };
  };

  function draw(chart) {
    const place = document.getElementById(chart.id);
    const made = kinds[chart.kind](chart);
    place.hidden = false;
    place.style.height = made.height + 'px';
    const picture = echarts.init(place, null, { renderer: 'svg' });
    const tip = made.tip || ((p) => {
      const value = Array.isArray(p.value) ? p.value[1] : p.value;
      const at = Array.isArray(p.value) ? number(p.value[0]) : p.name;
      return (p.seriesName && p.seriesName.indexOf('series') !== 0 ? p.seriesName + '\n' : '') + at + ': ' + number(value);
    });
    const byAxis = ['histogram', 'curve', 'trend', 'ladder', 'day'].includes(chart.kind);
    picture.setOption(Object.assign({
      animation: false,
      textStyle: { fontFamily: font, color: ink },
      tooltip: Object.assign({ trigger: byAxis ? 'axis' : 'item',
        formatter: (p) => (Array.isArray(p) ? p.map(tip).filter(Boolean).join('\n') : tip(p)) }, textOnly),
      aria: { enabled: true, label: { description: chart.title + '. ' + chart.sentence } },
    }, made.option));
    place.setAttribute('role', 'img');
    place.setAttribute('aria-label', chart.title + '. ' + chart.sentence);
    const numbers = place.parentElement.querySelector('details.numbers');
    if (numbers) numbers.open = false;
    drawn.push(picture);
  }

  data.charts.forEach(draw);
  let waiting = 0;
  window.addEventListener('resize', () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => drawn.forEach((picture) => picture.resize()), 120);
  });

  // Paper has no folds: open everything to print, then fold again.
  let closed = [];
  window.addEventListener('beforeprint', () => {
    closed = Array.from(document.querySelectorAll('details:not([open])'));
    closed.forEach((details) => { details.open = true; });
    drawn.forEach((picture) => picture.resize({ width: 640 }));
  });
  window.addEventListener('afterprint', () => {
    closed.forEach((details) => { details.open = false; });
    drawn.forEach((picture) => picture.resize({ width: 'auto' }));
  });

  // The table of contents shows where the reader is.
  const links = new Map();
  document.querySelectorAll('nav a').forEach((link) => links.set(link.hash.slice(1), link));
  if ('IntersectionObserver' in window) {
    const watcher = new IntersectionObserver((entries) => {
      entries.forEach((entry) => {
        if (!entry.isIntersecting) return;
        links.forEach((link) => link.removeAttribute('aria-current'));
        const link = links.get(entry.target.id);
        if (link) link.setAttribute('aria-current', 'true');
      });
    }, { rootMargin: '0px 0px -75% 0px' });
    document.querySelectorAll('main > section').forEach((section) => watcher.observe(section));
  }
})();
