// Forms of text that are no JSON, as documents: a line or a point each. A shape then makes events of them.
import type { ShapeFormat } from '../../core/shape/shape-definition.ts';
import { readCsv } from './read-csv.ts';
import { readForm } from './read-form.ts';
import { readGpx } from './read-gpx.ts';
import { readGraphite } from './read-graphite.ts';
import { readLineProtocol } from './read-line-protocol.ts';
import { readNmea } from './read-nmea.ts';
import { readOpentsdb } from './read-opentsdb.ts';
import { readPrometheus } from './read-prometheus.ts';
import { readStatsd } from './read-statsd.ts';
import { readTopicLog } from './read-topic-log.ts';
import type { TextReader } from './text-document.ts';

export const TEXT_FORMATS: Partial<Record<ShapeFormat, TextReader>> = {
  'line-protocol': readLineProtocol,
  csv: readCsv,
  prometheus: readPrometheus,
  'topic-log': readTopicLog,
  gpx: readGpx,
  form: readForm,
  statsd: readStatsd,
  graphite: readGraphite,
  opentsdb: readOpentsdb,
  nmea: readNmea,
};
