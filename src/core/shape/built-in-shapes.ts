// Shapes that a pipeline names instead of writing them: the same form as one's own.
import { AWS_GAME } from './built-in/aws-game.ts';
import { AWS_IOT } from './built-in/aws-iot.ts';
import { AWS_IOT_SHADOW } from './built-in/aws-iot-shadow.ts';
import { AWS_IOT_SITEWISE } from './built-in/aws-iot-sitewise.ts';
import { CLOUDWATCH_EMF, CLOUDWATCH_STATISTICS, TIMESTREAM } from './built-in/aws-metrics.ts';
import { AZURE_IOT_CENTRAL } from './built-in/azure-iot-central.ts';
import { AZURE_IOT_HUB } from './built-in/azure-iot-hub.ts';
import { ADAFRUIT_IO, MESHTASTIC, SENSOR_COMMUNITY, THINGSPEAK, UBIDOTS } from './built-in/channels.ts';
import { CHIRPSTACK_V3, CHIRPSTACK_V4 } from './built-in/chirpstack.ts';
import { CLOUDEVENTS } from './built-in/cloudevents.ts';
import { CLOUDWATCH_LOGS } from './built-in/cloudwatch-logs.ts';
import { CLOUDWATCH_METRICS } from './built-in/cloudwatch-metrics.ts';
import { CSV } from './built-in/csv.ts';
import { DYNAMODB_CHANGES } from './built-in/dynamodb-changes.ts';
import { EVENTBRIDGE } from './built-in/eventbridge.ts';
import { GPX } from './built-in/gpx.ts';
import { GREENGRASS } from './built-in/greengrass.ts';
import { ESPHOME, OWNTRACKS, RTL_433, TASMOTA, ZIGBEE2MQTT } from './built-in/home-devices.ts';
import { LINE_PROTOCOL, TELEGRAF } from './built-in/influx.ts';
import { LOSANT, PARTICLE } from './built-in/iot-webhooks.ts';
import { HELIUM, SIGFOX, TTN_V2 } from './built-in/lorawan-consoles.ts';
import { GRAPHITE, OPENTSDB, OPENTSDB_LINES, STATSD } from './built-in/metric-lines.ts';
import { MILESIGHT } from './built-in/milesight.ts';
import { NETDATA } from './built-in/netdata.ts';
import { NMEA } from './built-in/nmea.ts';
import { OTLP_METRICS } from './built-in/otlp-metrics.ts';
import { PROMETHEUS } from './built-in/prometheus.ts';
import { GRAFANA, INFLUXDB_QUERY, PROMETHEUS_API } from './built-in/query-answers.ts';
import { SENML } from './built-in/senml.ts';
import { SENSORTHINGS, SENSORTHINGS_OBSERVATION } from './built-in/sensorthings.ts';
import {
  HOME_ASSISTANT,
  HOME_ASSISTANT_HISTORY,
  HOME_ASSISTANT_STATISTICS,
  OPENHAB,
  SHELLY,
} from './built-in/smart-home.ts';
import { LWM2M, SPARKPLUG } from './built-in/sparkplug.ts';
import { THE_THINGS_STACK } from './built-in/the-things-stack.ts';
import { THINGSBOARD } from './built-in/thingsboard.ts';
import { DATADOG, ELASTIC, ZABBIX } from './built-in/time-series-stores.ts';
import { TOPIC_LOG } from './built-in/topic-log.ts';
import { DITTO, NGSI, OPC_PUBLISHER, OPC_UA } from './built-in/twins.ts';
import { ECOWITT, ECOWITT_FORM } from './built-in/weather-stations.ts';
import type { ShapeDefinition } from './shape-definition.ts';

/** By name, in the order in which a file of unknown form is tried: from the most telling to the least. */
export const BUILT_IN_SHAPES: ReadonlyMap<string, ShapeDefinition> = new Map(
  [
    THE_THINGS_STACK,
    CHIRPSTACK_V4,
    CHIRPSTACK_V3,
    OTLP_METRICS,
    CLOUDEVENTS,
    GREENGRASS,
    EVENTBRIDGE,
    CLOUDWATCH_LOGS,
    CLOUDWATCH_METRICS,
    CLOUDWATCH_EMF,
    CLOUDWATCH_STATISTICS,
    TIMESTREAM,
    DYNAMODB_CHANGES,
    TELEGRAF,
    SENSORTHINGS,
    SENSORTHINGS_OBSERVATION,
    AWS_GAME,
    AZURE_IOT_CENTRAL,
    AZURE_IOT_HUB,
    HELIUM,
    TTN_V2,
    MILESIGHT,
    SHELLY,
    SPARKPLUG,
    HOME_ASSISTANT_HISTORY,
    HOME_ASSISTANT_STATISTICS,
    HOME_ASSISTANT,
    TASMOTA,
    ZIGBEE2MQTT,
    OWNTRACKS,
    RTL_433,
    ECOWITT,
    OPENHAB,
    PARTICLE,
    LOSANT,
    SIGFOX,
    PROMETHEUS_API,
    ELASTIC,
    DATADOG,
    ZABBIX,
    THINGSPEAK,
    ADAFRUIT_IO,
    SENSOR_COMMUNITY,
    MESHTASTIC,
    DITTO,
    NGSI,
    OPC_UA,
    OPC_PUBLISHER,
    OPENTSDB,
    NETDATA,
    GRAFANA,
    INFLUXDB_QUERY,
    THINGSBOARD,
    LWM2M,
    AWS_IOT_SHADOW,
    AWS_IOT_SITEWISE,
    AWS_IOT,
    UBIDOTS,
    ESPHOME,
    SENML,
    NMEA,
    STATSD,
    OPENTSDB_LINES,
    GRAPHITE,
    LINE_PROTOCOL,
    PROMETHEUS,
    TOPIC_LOG,
    GPX,
    ECOWITT_FORM,
    CSV,
  ].map((shape) => [shape.name, shape]),
);
