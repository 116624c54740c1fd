// The mapping templates between a request and the stream: they make one record of one request, stamped with the source
// that the authorizer found, and refuse what speaks for another.
import { MAX_EVENTS_PER_REQUEST, MAX_REQUEST_RECORD_BYTES } from '../../src/platform/door.ts';

/**
 * A template cannot answer by itself. What it refuses it sends to a stream of this name and the reason, with nothing in
 * it: the role may not write there, and the service's refusal, which names the stream, becomes the answer.
 */
const REFUSED_STREAM = 'tidemill-refused';

/**
 * Nothing of the body is put between quotes here: the events are what API Gateway has parsed and written again as JSON,
 * the source is JSON text that the authorizer has written, and what both make is base64. Whatever the events hold, the
 * record's last `source` is the token's, and the last one counts.
 *
 * It stands on nothing that is not known of the service. Whether a member is there is asked of `$input.path`, by two
 * comparisons of which either is enough: `$input.json` writes two quote characters for what is not there. Sources are
 * compared by `==` alone, since `!=` against nothing is answered either way. The count of events is looked at here too,
 * before the loop: a validator may pass over `maxItems`, and a loop may end, or fail, at 1,000 rounds.
 */
export function requestTemplate(streamName: string): string {
  return `#set($who = $context.authorizer.source)
#set($refused = "")
#set($count = 1)
#set($body = $input.json('$'))
#if($body.startsWith("["))
#set($events = $body)
#set($count = $input.path('$').size())
#set($stated = $input.path('$[*].source'))
#else
#set($outer = $input.path('$.source'))
#if($outer == $who || $outer == "" || $outer == $nothing)#else#set($refused = "source")#end
#set($inner = $input.json('$.events'))
#if($inner.startsWith("["))
#set($events = $inner)
#set($count = $input.path('$.events').size())
#set($stated = $input.path('$.events[*].source'))
#else
#set($open = "[")
#set($events = $open.concat($body).concat("]"))
#set($stated = [])
#end
#end
#if($count == 0 || $count > ${MAX_EVENTS_PER_REQUEST})
#set($refused = "count")
#else
#foreach($source in $stated)#if($source == $who)#else#set($refused = "source")#end#end
#end
#set($head = '{"events":')
#set($record = $head.concat($events).concat(',"source":').concat($context.authorizer.sourceJson).concat('}'))
${sendRecord(streamName)}`;
}

/** `$record` to the stream, unless `$refused` says why not or it is too large. */
function sendRecord(streamName: string): string {
  const base64Length = Math.ceil(MAX_REQUEST_RECORD_BYTES / 3) * 4;
  return `#set($data = $util.base64Encode($record))
#if($data.length() > ${base64Length})#set($refused = "size")#end
#if($refused == "")
{"StreamName":"${streamName}","PartitionKey":$context.authorizer.sourceJson,"Data":"$data"}
#else
{"StreamName":"${REFUSED_STREAM}-$refused","PartitionKey":"refused","Data":""}
#end`;
}

/**
 * A body in another form, by a route of its own: whatever it is, it stands as one JSON value in the record, which says the
 * route and the token's source behind it.
 */
export function routedTemplate(streamName: string, route: string): string {
  return `#set($refused = "")
#set($body = $input.json('$'))
#if($body.startsWith("[") || $body.startsWith("{"))#else#set($refused = "form")#end
#if($body == "{}" || $body == "[]")#set($refused = "form")#end
#set($head = '{"document":')
#set($record = $head.concat($body).concat(',"route":"${route}","source":').concat($context.authorizer.sourceJson).concat('}'))
${sendRecord(streamName)}`;
}

/**
 * The same of a body that is no JSON, or not said to be: it is not looked into, and stands in the record as base64, as the MQTT door
 * has payloads. An empty one is `{}` to the service.
 */
export function encodedTemplate(streamName: string, route: string): string {
  return `#set($refused = "")
#set($body = $input.body)
#if($body == "{}" || $body == "")#set($refused = "form")#end
#set($head = '{"document":"')
#set($record = $head.concat($util.base64Encode($body)).concat('","route":"${route}","source":').concat($context.authorizer.sourceJson).concat('}'))
${sendRecord(streamName)}`;
}

/** The record's place is the receipt: it is in the stream. */
export const STORED_TEMPLATE =
  '{"shardId":$input.json(\'$.ShardId\'),"sequenceNumber":$input.json(\'$.SequenceNumber\')}';

/** Kinesis answers 400 for a full shard and for a wrong request alike. A header's name with a hyphen stands in quotes. */
export const REFUSED_TEMPLATE = `#set($answer = $input.json('$'))
#if($answer.contains("${REFUSED_STREAM}-source"))
#set($context.responseOverride.status = 403)
{"message":"refused","where":"source","found":"an event of another source","expected":"events without a source, or with the token's"}
#elseif($answer.contains("${REFUSED_STREAM}-count"))
#set($context.responseOverride.status = 400)
{"message":"refused","where":"body","found":"no event, or too many","expected":"1 to ${MAX_EVENTS_PER_REQUEST} events"}
#elseif($answer.contains("${REFUSED_STREAM}-form"))
#set($context.responseOverride.status = 400)
{"message":"refused","where":"body","found":"nothing, or JSON that is neither an object nor a list","expected":"a JSON object or list, or a text under its own content type"}
#elseif($answer.contains("${REFUSED_STREAM}-size"))
#set($context.responseOverride.status = 413)
{"message":"refused","where":"body","found":"more than one record may hold","expected":"at most ${MAX_REQUEST_RECORD_BYTES} bytes, written compactly: send fewer events at a time"}
#elseif($answer.contains("ThroughputExceeded") || $answer.contains("LimitExceeded") || $answer.contains("Throttling"))
#set($context.responseOverride.status = 429)
#set($context.responseOverride.header["Retry-After"] = "1")
{"message":"the stream is full at the moment: nothing was stored, try again"}
#else
#set($context.responseOverride.status = 503)
#set($context.responseOverride.header["Retry-After"] = "5")
{"message":"the stream cannot be written at the moment: nothing was stored, try again"}
#end`;

/** It may have been stored or not: events with ids may be sent again. */
export const FAILED_BODY = '{"message":"the stream gave no answer: try again"}';
