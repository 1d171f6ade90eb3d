/*
 * The metric plane of a study: WGS 84 degrees to metres, as pyproj does it, to less than a micrometre.
 *
 * Transverse Mercator by Krüger's series in the third flattening n, to n^6 (Karney 2011, "Transverse Mercator with an
 * accuracy of a few nanometers", eq. 35). No DOM.
 */
(function (JJ) {
  'use strict';

  const RADIUS = 6378137, WGS84 = 1 / 298.257223563, CGCS2000 = 1 / 298.257222101;

  /** The terms of a transverse Mercator plane by its EPSG code; null for a plane of another kind. */
  function terms(epsg) {
    const gauss = function (meridian, east) {
      return { flattening: CGCS2000, meridian: meridian, scale: 1, east: east, north: 0 };
    };
    const utm = function (zone, north) {
      return { flattening: WGS84, meridian: 6 * zone - 183, scale: 0.9996, east: 500000, north: north };
    };
    if (epsg >= 4534 && epsg <= 4554) return gauss(75 + 3 * (epsg - 4534), 500000);
    if (epsg >= 4513 && epsg <= 4533) return gauss(75 + 3 * (epsg - 4513), (epsg - 4513 + 25) * 1e6 + 500000);
    if (epsg >= 4502 && epsg <= 4512) return gauss(75 + 6 * (epsg - 4502), 500000);
    if (epsg >= 4491 && epsg <= 4501) return gauss(75 + 6 * (epsg - 4491), (epsg - 4491 + 13) * 1e6 + 500000);
    if (epsg > 32600 && epsg <= 32660) return utm(epsg - 32600, 0);
    if (epsg > 32700 && epsg <= 32760) return utm(epsg - 32700, 10000000);
    return null;
  }

  /** The coefficients alpha_1 to alpha_6 of the series. */
  function series(n) {
    const n2 = n * n, n3 = n2 * n, n4 = n3 * n, n5 = n4 * n, n6 = n5 * n;
    return [
      n / 2 - n2 * 2 / 3 + n3 * 5 / 16 + n4 * 41 / 180 - n5 * 127 / 288 + n6 * 7891 / 37800,
      n2 * 13 / 48 - n3 * 3 / 5 + n4 * 557 / 1440 + n5 * 281 / 630 - n6 * 1983433 / 1935360,
      n3 * 61 / 240 - n4 * 103 / 140 + n5 * 15061 / 26880 + n6 * 167603 / 181440,
      n4 * 49561 / 161280 - n5 * 179 / 168 + n6 * 6601661 / 7257600,
      n5 * 34729 / 80640 - n6 * 3418889 / 1995840,
      n6 * 212378941 / 319334400,
    ];
  }

  /** A function from degrees to [x, y] in metres (east, north); null when the plane is not transverse Mercator. */
  function projection(epsg) {
    const plane = terms(epsg);
    if (!plane) return null;
    const n = plane.flattening / (2 - plane.flattening), n2 = n * n;
    const rectifying = plane.scale * RADIUS / (1 + n) * (1 + n2 / 4 + n2 * n2 / 64 + n2 * n2 * n2 / 256);
    const alpha = series(n), eccentricity = 2 * Math.sqrt(n) / (1 + n), degree = Math.PI / 180;
    return function (lon, lat) {
      const sine = Math.sin(lat * degree), away = (lon - plane.meridian) * degree;
      const t = Math.sinh(Math.atanh(sine) - eccentricity * Math.atanh(eccentricity * sine));
      const xi = Math.atan2(t, Math.cos(away)), eta = Math.atanh(Math.sin(away) / Math.sqrt(1 + t * t));
      let x = eta, y = xi;
      for (let j = 1; j <= 6; j++) {
        x += alpha[j - 1] * Math.cos(2 * j * xi) * Math.sinh(2 * j * eta);
        y += alpha[j - 1] * Math.sin(2 * j * xi) * Math.cosh(2 * j * eta);
      }
      return [plane.east + rectifying * x, plane.north + rectifying * y];
    };
  }

  /** The plane that a study at this place would choose for itself (see jiujin.coordinates.plane_of). */
  function epsgAt(lon, lat) {
    if (lon >= 73 && lon <= 136 && lat >= 17 && lat <= 54) {
      return 4534 + Math.min(Math.max(Math.floor(lon / 3 + 0.5), 25), 45) - 25;
    }
    return (lat >= 0 ? 32600 : 32700) + Math.min(Math.floor((lon + 180) / 6) + 1, 60);
  }

  /** Round half to even, as numpy's rint does. */
  function rint(value) {
    const floor = Math.floor(value), rest = value - floor;
    if (rest < 0.5) return floor;
    if (rest > 0.5) return floor + 1;
    return floor % 2 === 0 ? floor : floor + 1;
  }

  JJ.projection = projection;
  JJ.epsgAt = epsgAt;
  JJ.rint = rint;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
