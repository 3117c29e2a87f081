/**
 * The error catalogue: every code the server can answer with, whose fault it is, its HTTP status and its text.
 * `docs/errors.md` is generated from this table. Layers raise `SelectError` (or pass an `ErrorValue` where an
 * exception cannot travel: across threads, inside vectors); only `api` turns one into HTTP or an error frame.
 */

/** Whose fault an error is: decides how it is logged and whether a retry can help. */
export type Fault = 'caller' | 'data' | 'limit' | 'upstream' | 'ours';

export interface ErrorEntry {
  readonly status: number;
  readonly fault: Fault;
  /** `{name}` is filled from the parameters; a `[segment]` is left out when one of its parameters is absent. */
  readonly message: string;
}

const entry = (status: number, fault: Fault, message: string): ErrorEntry => ({ status, fault, message });
const caller = (message: string): ErrorEntry => entry(400, 'caller', `${message}[ at line {line}, column {column}].[ {hint}]`);
const data = (message: string): ErrorEntry =>
  entry(400, 'data', `${message}[ at line {line}, column {column}][ near byte {offset}].[ {hint}]`);

/** Source of codes and statuses: the published list of SelectObjectContent errors and of S3 REST errors. */
export const catalogue = {
  // Request validation
  EmptyRequestBody: caller('The request body is empty'),
  MalformedXML: caller('The XML of the request is not well-formed or does not match the published schema[: {reason}]'),
  MissingRequiredParameter: caller('{parameter} is required. Please check the service documentation and try again'),
  InvalidRequestParameter: caller('The value of {parameter} is not valid[: {reason}]'),
  InvalidExpressionType: caller('The ExpressionType is not valid: only SQL is supported'),
  ExpressionTooLong: caller('The SQL expression is longer than {bytes_max} bytes'),
  InvalidDataSource: caller('The data source is not valid: only CSV, JSON and Parquet are supported'),
  ObjectSerializationConflict: caller('{parameter} may name one format only'),
  InvalidCompressionFormat: entry(
    400,
    'caller',
    '{compression} is not applicable to the queried object. Please correct the request and try again.[ {hint}]',
  ),
  InvalidFileHeaderInfo: caller('The FileHeaderInfo is not valid: only NONE, USE and IGNORE are supported'),
  InvalidJsonType: caller('The JSON Type is not valid: only DOCUMENT and LINES are supported'),
  InvalidQuoteFields: caller('The QuoteFields is not valid: only ALWAYS and ASNEEDED are supported'),
  InvalidScanRange: caller('The ScanRange is not valid[: {reason}]'),
  UnsupportedScanRangeInput: caller('ScanRange is not supported for this input[: {reason}]'),
  UnsupportedRangeHeader: caller('The Range header is not supported for SelectObjectContent: use ScanRange'),
  UnsupportedStorageClass: caller('The storage class of the object is not supported'),
  MultipleDataSourcesUnsupported: caller('The query reads more than one data source: one FROM item is supported'),
  UnauthorizedAccess: entry(401, 'caller', 'You are not authorized to perform this operation'),
  Busy: entry(503, 'limit', 'The service is unavailable. Please retry.'),
  // Lexer and parser
  LexerInvalidChar: caller('The SQL expression contains a character that is not allowed[: {found}]'),
  LexerInvalidLiteral: caller('The SQL expression contains a literal that is not valid[: {found}]'),
  LexerInvalidOperator: caller('The SQL expression contains an operator that is not valid[: {found}]'),
  LexerInvalidIONLiteral: caller('The SQL expression contains an Ion literal that is not valid[: {found}]'),
  ParseExpectedKeyword: caller('Expected keyword {expected}[, found {found}]'),
  ParseExpectedTokenType: caller('Expected {expected}[, found {found}]'),
  ParseExpected2TokenTypes: caller('Expected {expected}[, found {found}]'),
  ParseExpectedNumber: caller('Expected a number[, found {found}]'),
  ParseExpectedTypeName: caller('Expected type name[, found {found}]'),
  ParseExpectedWhenClause: caller('Expected WHEN clause in CASE[, found {found}]'),
  ParseExpectedExpression: caller('Expected an expression[, found {found}]'),
  ParseExpectedMember: caller('Expected a struct member[, found {found}]'),
  ParseExpectedDatePart: caller('Expected one of year, month, day, hour, minute, second, timezone_hour, timezone_minute[, found {found}]'),
  ParseExpectedIdentForAlias: caller('Expected an identifier for the alias[, found {found}]'),
  ParseExpectedIdentForAt: caller('Expected an identifier for AT[, found {found}]'),
  ParseExpectedIdentForGroupName: caller('GROUP AS is not supported'),
  ParseExpectedArgumentDelimiter: caller('Expected an argument delimiter[, found {found}]'),
  ParseExpectedLeftParenAfterCast: caller('Expected left parenthesis after CAST[, found {found}]'),
  ParseExpectedLeftParenBuiltinFunctionCall: caller('Expected left parenthesis after {function}[, found {found}]'),
  ParseExpectedRightParenBuiltinFunctionCall: caller('Expected right parenthesis to end the call of {function}[, found {found}]'),
  ParseExpectedLeftParenValueConstructor: caller('Expected left parenthesis in VALUES[, found {found}]'),
  ParseMissingIdentAfterAt: caller('Expected an identifier after @[, found {found}]'),
  ParseUnexpectedToken: caller('Unexpected token found {found}'),
  ParseUnexpectedTerm: caller('Unexpected term found {found}'),
  ParseUnexpectedOperator: caller('Unexpected operator found {found}'),
  ParseUnExpectedKeyword: caller('Unexpected keyword found {found}'),
  ParseUnknownOperator: caller('Unknown operator {found}'),
  ParseUnsupportedToken: caller('Token {found} is not supported'),
  ParseUnsupportedSyntax: caller('The syntax is not supported[: {reason}]'),
  ParseUnsupportedAlias: caller('The alias is not supported[: {found}]'),
  ParseUnsupportedSelect: caller('This form of SELECT is not supported[: {reason}]'),
  ParseUnsupportedCase: caller('This form of CASE is not supported'),
  ParseUnsupportedCaseClause: caller('This CASE clause is not supported'),
  ParseUnsupportedCallWithStar: caller('Only COUNT can be called with (*), not {function}'),
  ParseNonUnaryAgregateFunctionCall: caller('{function} takes exactly one argument'),
  ParseUnsupportedLiteralsGroupBy: caller('GROUP BY is not supported'),
  ParseMalformedJoin: caller('JOIN is not supported'),
  ParseSelectMissingFrom: caller('FROM is missing after the SELECT list'),
  ParseEmptySelect: caller('The SELECT list is empty'),
  ParseAsteriskIsNotAloneInSelectList: caller('Other expressions are not allowed in the SELECT list beside *'),
  ParseInvalidContextForWildcardInSelectList: caller('The wildcard is not allowed here in the SELECT list'),
  ParseCannotMixSqbAndWildcardInSelectList: caller('[ ] and * cannot be mixed in one path of the SELECT list'),
  ParseInvalidPathComponent: caller('Invalid Path component, expecting either an IDENTIFIER or STAR, got: {found},'),
  ParseCastArity: caller('The type {type} does not take {count} parameters'),
  ParseInvalidTypeParam: caller('The parameter of type {type} is not an unsigned integer'),
  MaxOperatorsExceeded: caller('The SQL expression is too complex: nested deeper or longer than {max}'),
  // Binding
  InvalidColumnIndex: caller('The column index is invalid[: {name}]'),
  InvalidTableAlias: caller('Invalid table alias is specified[: {name}]'),
  InvalidKeyPath: caller('The key path is invalid[: {reason}]'),
  AmbiguousFieldName: caller('The field name {name} matches more than one field: quote it to match its case'),
  MissingHeaders: entry(
    400,
    'caller',
    'Some headers in the query are missing from the file[: {name}][ at line {line}, column {column}]. Please check the file and try again.[ {hint}]',
  ),
  EvaluatorBindingDoesNotExist: caller('The name {name} does not exist'),
  InvalidDataType: caller('The data type is invalid[: {type}]'),
  UnsupportedFunction: caller('The function {function} is not supported'),
  UnsupportedSqlOperation: caller('The SQL operation is not supported[: {reason}]'),
  UnsupportedSqlStructure: caller('The SQL structure is not supported[: {reason}]'),
  UnsupportedSyntax: caller('The syntax is not supported[: {reason}]'),
  IllegalSqlFunctionArgument: caller('The argument of {function} is not valid[: {reason}]'),
  IncorrectSqlFunctionArgumentType: caller('The argument of {function} has the wrong type[: {reason}]'),
  EvaluatorInvalidArguments: caller('{function} takes {expected} arguments, got {count}'),
  // Evaluation
  CastFailed: data('Attempt to convert from one data type to another failed: cast from {from} to {to}[: {value}]'),
  InvalidCast: data('A value of type {from} cannot be cast to {to}'),
  IntegerOverflow: data('The integer is beyond 64 bits[: {value}]'),
  NumberFormatError: data('The number cannot be read or is out of range[: {value}]'),
  ValueParseFailure: data('The timestamp cannot be read[: {value}]'),
  LikeInvalidInputs: data('LIKE takes text[, got {type}]'),
  EvaluatorLikePatternInvalidEscapeSequence: caller('The pattern of LIKE has an invalid escape sequence[: {pattern}]'),
  EvaluatorNegativeLimit: caller('LIMIT must not be negative'),
  EvaluatorInvalidTimestampFormatPattern: caller('The timestamp pattern is invalid[: {pattern}]'),
  EvaluatorInvalidTimestampFormatPatternSymbol: caller('The timestamp pattern contains an invalid symbol[: {pattern}]'),
  EvaluatorInvalidTimestampFormatPatternSymbolForParsing: caller(
    'The timestamp pattern contains a symbol that is not valid for parsing[: {pattern}]',
  ),
  EvaluatorInvalidTimestampFormatPatternToken: caller('The timestamp pattern contains an invalid character[: {pattern}]'),
  EvaluatorUnterminatedTimestampFormatPatternToken: caller('The timestamp pattern contains an unclosed quote[: {pattern}]'),
  EvaluatorTimestampFormatPatternDuplicateFields: caller('The timestamp pattern names one field twice[: {pattern}]'),
  EvaluatorTimestampFormatPatternHourClockAmPmMismatch: caller(
    'The timestamp pattern has a 12-hour clock without AM or PM, or a 24-hour clock with it[: {pattern}]',
  ),
  ExternalEvalException: data('The query cannot be evaluated. Please check the query and file and try again[: {reason}]'),
  UnsupportedTypeForQuerying: data('The type {type} cannot be queried'),
  // Data
  CSVParsingError: data('The CSV cannot be read'),
  CSVUnescapedQuote: data('The CSV has a quote that is not escaped'),
  CSVEscapingRecordDelimiter: data('A quoted field of the CSV contains the record delimiter: set AllowQuotedRecordDelimiter to TRUE'),
  JSONParsingError: data('Error parsing JSON file. Please check the file and try again'),
  ParquetParsingError: data('Error parsing Parquet file. Please check the file and try again'),
  ParquetUnsupportedCompressionCodec: data('The Parquet codec is not supported[: {codec}]'),
  UnsupportedParquetType: data('The Parquet type is not supported[: {type}]'),
  OverMaxParquetBlockSize: data('The Parquet row group is over the limit'),
  OverMaxRecordSize: data('The character number in one record is more than our max threshold, maxCharsPerRecord: {bytes_max}'),
  OverMaxColumn: data('The number of columns is more than our max threshold: {columns_max}'),
  ColumnTooLong: data('The character number in one column is more than our max threshold, maxCharsPerColumn: {bytes_max}'),
  InvalidTextEncoding: entry(400, 'data', 'UTF-8 encoding is required. The text encoding error was found near byte {offset}.[ {hint}]'),
  TruncatedInput: data('The {compression} data ended before the object was read to its end'),
  UnrecognizedFormatException: data('The record type is not recognized'),
  // S3 plane
  AccessControlListNotSupported: entry(400, 'caller', 'The bucket does not allow ACLs: use a bucket policy.'),
  AccessForbidden: entry(403, 'caller', 'CORSResponse: {reason}'),
  AccessDenied: entry(403, 'caller', 'Access Denied[: {reason}]'),
  AuthorizationHeaderMalformed: entry(400, 'caller', 'The authorization header is malformed; {reason}'),
  AuthorizationQueryParametersError: entry(400, 'caller', 'The authorization query parameters are not valid: {reason}'),
  BadDigest: entry(400, 'caller', 'The {checksum} you specified did not match the calculated checksum.'),
  BadRequest: entry(400, 'caller', 'The request is not valid[: {reason}].'),
  BucketAlreadyExists: entry(409, 'caller', 'The requested bucket name is not available. Please select a different name and try again.'),
  BucketAlreadyOwnedByYou: entry(409, 'caller', 'Your previous request to create the named bucket succeeded and you already own it.'),
  BucketNotEmpty: entry(409, 'caller', 'The bucket you tried to delete is not empty.'),
  EntityTooLarge: entry(400, 'limit', 'Your proposed upload exceeds the maximum allowed size[ of {bytes_max} bytes].'),
  EntityTooSmall: entry(400, 'caller', 'Your proposed upload is smaller than the minimum allowed object size of {bytes_min} bytes.'),
  ExpiredToken: entry(400, 'caller', 'The provided token has expired.'),
  IncompleteBody: entry(400, 'caller', 'You did not provide the number of bytes specified by the Content-Length HTTP header.'),
  InternalError: entry(500, 'ours', 'We encountered an internal error. Please try again.'),
  InvalidAccessKeyId: entry(403, 'caller', 'The AWS Access Key Id you provided does not exist in our records.'),
  InvalidArgument: entry(400, 'caller', 'Invalid argument[: {reason}].'),
  InvalidBucketAclWithObjectOwnership: entry(400, 'caller', 'Bucket cannot have ACLs set with BucketOwnerEnforced: use a bucket policy.'),
  InvalidBucketName: entry(400, 'caller', 'The specified bucket is not valid[: {bucket}].'),
  InvalidDigest: entry(400, 'caller', 'The {checksum} you specified is not valid.'),
  InvalidPart: entry(
    400,
    'caller',
    'One or more of the specified parts could not be found. The part may not have been uploaded, or its entity tag may not match.',
  ),
  InvalidPartNumber: entry(416, 'caller', 'The requested part number is not satisfiable.'),
  InvalidPartOrder: entry(400, 'caller', 'The list of parts was not in ascending order. Parts must be ordered by part number.'),
  InvalidLocationConstraint: entry(400, 'caller', 'The specified location-constraint is not valid: {reason}.'),
  InvalidPolicyDocument: entry(
    400,
    'caller',
    'The content of the form does not meet the conditions specified in the policy document: {reason}.',
  ),
  InvalidRange: entry(416, 'caller', 'The requested range is not satisfiable.'),
  InvalidRequest: entry(400, 'caller', 'The request is not valid[: {reason}].'),
  InvalidObjectState: entry(403, 'caller', "The operation is not valid for the object's storage class."),
  InvalidStorageClass: entry(400, 'caller', 'The storage class you specified is not valid.'),
  InvalidURI: entry(400, 'caller', 'Could not parse the specified URI.'),
  InvalidTag: entry(400, 'caller', 'The tag provided was not a valid tag: {reason}.'),
  InvalidToken: entry(400, 'caller', 'The provided token is malformed or otherwise not valid.'),
  KeyTooLongError: entry(400, 'limit', 'Your key is too long: {bytes_max} bytes at most.'),
  MalformedACLError: entry(400, 'caller', 'The ACL you provided was not well formed or did not validate against our published schema.'),
  MalformedTrailerError: entry(400, 'caller', 'The request contained trailing data that was not well-formed[: {reason}].'),
  MalformedPOSTRequest: entry(400, 'caller', 'The body of your POST request is not well-formed multipart/form-data[: {reason}].'),
  MalformedPolicy: entry(400, 'caller', 'The policy is not valid: {reason}.'),
  MaxPostPreDataLengthExceeded: entry(
    400,
    'limit',
    'Your POST request fields preceding the upload file exceeded the maximum allowed length of {bytes_max} bytes.',
  ),
  MetadataTooLarge: entry(400, 'limit', 'Your metadata headers exceed the maximum allowed metadata size of {bytes_max} bytes.'),
  MethodNotAllowed: entry(405, 'caller', 'The specified method is not allowed against this resource.'),
  MissingContentLength: entry(411, 'caller', 'You must provide the Content-Length HTTP header.'),
  NoSuchBucket: entry(404, 'caller', 'The specified bucket does not exist.'),
  NoSuchBucketPolicy: entry(404, 'caller', 'The bucket policy does not exist.'),
  NoSuchCORSConfiguration: entry(404, 'caller', 'The CORS configuration does not exist.'),
  NoSuchKey: entry(404, 'caller', 'The specified key does not exist.'),
  NoSuchUpload: entry(
    404,
    'caller',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  ),
  NoSuchVersion: entry(404, 'caller', 'The specified version does not exist.'),
  NoSuchLifecycleConfiguration: entry(404, 'caller', 'The lifecycle configuration does not exist.'),
  NoSuchPublicAccessBlockConfiguration: entry(404, 'caller', 'The public access block configuration was not found.'),
  NoSuchTagSet: entry(404, 'caller', 'The TagSet does not exist.'),
  NoSuchWebsiteConfiguration: entry(404, 'caller', 'The specified bucket does not have a website configuration.'),
  NotImplemented: entry(501, 'caller', 'A header, parameter or operation you used is not implemented[: {reason}].'),
  ObjectLockConfigurationNotFoundError: entry(404, 'caller', 'Object Lock configuration does not exist for this bucket.'),
  OperationAborted: entry(409, 'upstream', 'The object was changed by another program while it was read. Please try again.'),
  PreconditionFailed: entry(412, 'caller', 'At least one of the pre-conditions you specified did not hold.'),
  ReplicationConfigurationNotFoundError: entry(404, 'caller', 'The replication configuration was not found.'),
  RequestHeaderSectionTooLarge: entry(400, 'limit', 'Your request header section exceeds the maximum allowed size of {bytes_max} bytes.'),
  RequestTimeTooSkewed: entry(403, 'caller', 'The difference between the request time and the current time is too large.'),
  RequestTimeout: entry(400, 'caller', 'Your socket connection to the server was not read from or written to within the timeout period.'),
  ServerSideEncryptionConfigurationNotFoundError: entry(404, 'caller', 'The server side encryption configuration was not found.'),
  SignatureDoesNotMatch: entry(
    403,
    'caller',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ),
  SlowDown: entry(503, 'limit', 'Please reduce your request rate.'),
  /** S3 has no code for it: a store of its own size can be full. */
  StorageFull: entry(507, 'upstream', 'The storage has no room left for the object.'),
  XAmzContentSHA256Mismatch: entry(400, 'caller', "The provided 'x-amz-content-sha256' header does not match what was computed."),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof catalogue;
export type ErrorParams = Readonly<Record<string, string | number>>;

/** An error as plain data: what a task returns across the thread boundary, and what a vector holds in place of a value. */
export interface ErrorValue {
  readonly code: ErrorCode;
  readonly params: ErrorParams;
}

/** A catalogued error. `params` fill the message; `line`, `column` (1-based) and `offset` (byte in the object) say where. */
export class SelectError extends Error {
  readonly code: ErrorCode;
  readonly params: ErrorParams;

  constructor(code: ErrorCode, params: ErrorParams = {}, options?: ErrorOptions) {
    super(messageOf({ code, params }), options);
    this.name = code;
    this.code = code;
    this.params = params;
  }

  get status(): number {
    return catalogue[this.code].status;
  }

  toValue(): ErrorValue {
    return { code: this.code, params: this.params };
  }

  static fromValue(value: ErrorValue): SelectError {
    return new SelectError(value.code, value.params);
  }
}

/** The text of an error: its template with the parameters filled in. */
export function messageOf({ code, params }: ErrorValue): string {
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (_, name: string) => format(name, params[name] ?? ''));
  return catalogue[code].message
    .replace(/\[([^\]]*\{(\w+)\}[^\]]*)\]/g, (_, segment: string) =>
      [...segment.matchAll(/\{(\w+)\}/g)].every(([, name]) => params[name as string] !== undefined) ? segment : '',
    )
    .replace(/^.*$/s, fill);
}

/** Amazon groups the digits of sizes, `8,192`; a place in the query is no size. */
function format(name: string, value: string | number): string {
  if (typeof value === 'string') return value;
  return name === 'line' || name === 'column' ? String(value) : value.toLocaleString('en-US');
}
