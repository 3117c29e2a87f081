/** Every bound of the server, with its unit in its name, in one place and asserted against each other. */
import { assert } from './assert.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

export const limits = {
  // Requests
  /** S3 Select's own limit on the SQL text. */
  expression_bytes_max: 256 * KiB,
  /** Chevrotain overflows the stack near 500 nested parentheses; checked on the tokens before parsing. */
  expression_nesting_max: 128,
  /** Operators below one another, as in a chain of `||`: binding and evaluation recurse as deep. */
  expression_depth_max: 512,
  /** Nodes that forms like simple CASE may repeat in a plan; a text of the longest size has about as many. */
  plan_nodes_max: 100_000,
  /** Steps of one path: a value is walked over once for each that is a wildcard. */
  path_steps_max: 64,
  /** Constants of pushed predicates, encoded for kernels; conditions beyond it are left to the filter. */
  scan_constants_bytes_max: 512 * KiB,
  /** Room for a full expression, XML-escaped, with the serialization options, and for the longest list of parts. */
  request_xml_bytes_max: 4 * MiB,
  request_xml_depth_max: 16,
  /** Elements of one document: a CompleteMultipartUpload of 10,000 parts with number, ETag and checksum. */
  request_xml_elements_max: 65_536,
  header_bytes_max: 32 * KiB,
  key_bytes_max: 1024,
  /** Names and values of user metadata (x-amz-meta-), as on S3. */
  metadata_bytes_max: 2 * KiB,
  /** UTF-16 units, as Amazon counts them. */
  tag_key_units_max: 128,
  tag_value_units_max: 256,
  bucket_tags_max: 50,
  object_tags_max: 10,
  cors_rules_max: 100,
  /** One upload, or one part of a multipart upload. */
  put_bytes_max: 5 * 1024 * MiB,
  /** Of a multipart object. */
  object_bytes_max: 5 * 1024 * 1024 * MiB,
  /** Every part but the last. */
  part_bytes_min: 5 * MiB,
  part_number_max: 10_000,
  /** A multipart upload to which no part came for so long is forgotten. */
  upload_idle_ms_max: 7 * 24 * 60 * 60 * 1000,
  list_keys_max: 1000,
  /** Names of one directory read and sorted at once, about 100 bytes each with what lists say of their files. */
  list_window_names_max: 128 * 1024,
  /** Names kept between the pages of all lists under way. */
  list_cached_names_max: 512 * 1024,
  /** Records of objects kept from one request to the next, out of sidecars of at most so many bytes. */
  sidecars_kept_max: 2048,
  sidecar_kept_bytes_max: 4 * KiB,
  /** Keys of one DeleteObjects. */
  deletions_max: 1000,
  /** Threads that write uploads; each is made when the others are busy. */
  writer_threads_max: 4,
  /** Jobs of a thread that wait for the disk together. */
  writer_jobs_together_max: 8,
  /** Threads that make files durable beside each of those. */
  sync_helpers: 3,
  /** An upload up to here is handed to a thread as a whole, once it has been verified. */
  small_upload_bytes_max: 64 * KiB,
  /** An upload up to here, whose record is no longer either, is made durable in a log where many come. */
  logged_upload_bytes_max: 16 * KiB,
  logged_line_bytes_max: 8 * KiB,
  /** Small uploads a second from which on a log is worth its making. */
  logged_uploads_per_second_min: 16,
  /** A log of a thread for a bucket. */
  upload_log_bytes: MiB,
  /** Logs of a thread; one for each of the jobs carried out together at least. */
  upload_logs_max: 8,
  /** For so long the files of an upload are durable in a log only, twice that at most. */
  upload_settle_ms: 1000,
  /** Of an upload, handed to a thread at once; less where many uploads are under way. */
  upload_batch_bytes_max: 256 * KiB,
  upload_batch_bytes_min: 64 * KiB,
  /** An upload up to here is sent to a thread as it comes, however far that is behind. */
  upload_ahead_bytes_max: 2 * MiB,
  /** Gathered for the threads by all uploads together, as far as the smallest batches allow. */
  upload_batches_bytes: 32 * MiB,
  /** What waits in a thread, written or not, for its digest to be formed with those of other uploads. */
  upload_digest_bytes_max: 8 * MiB,
  /** Uploads that wait for their MD5 until there are so many, which it is then formed of at once, or half of those under way; and how long. */
  upload_digests_together: 4,
  upload_digest_wait_ms: 2,
  /** Of the memory of uploads, kept for the next: given back to the system, it would come again page by page. */
  upload_memory_kept_bytes: 8 * MiB,
  /** A file that held more is freed by a thread that may wait. */
  freed_at_once_bytes_max: 8 * MiB,
  /** Open files, of each thread, that wait for that. */
  files_freed_aside_max: 32,
  clock_skew_ms_max: 15 * 60 * 1000,
  presign_expires_s_max: 7 * 24 * 60 * 60,
  signing_keys_cached_max: 256,
  /** What Authorization headers say beside the signature; longer ones are read each time. */
  signers_cached_max: 256,
  signer_text_max: KiB,
  /** Everything of a posted form before its file, as on S3. */
  post_form_bytes_max: 20 * KiB,
  /** S3's bound on the policy of a bucket; also for those of users. */
  policy_bytes_max: 20 * KiB,
  /** Buckets whose settings are held in memory; any name that is asked for takes a place. */
  bucket_settings_cached_max: 4096,
  /** One line of aws-chunked framing: a hexadecimal size, a signature of 64 digits, room for unknown extensions. */
  chunk_header_bytes_max: KiB,
  /** The trailing headers of an aws-chunked body: one checksum and one signature. */
  chunk_trailer_bytes_max: 4 * KiB,
  // Records
  /** S3 Select's maxCharsPerRecord, for input and result records. */
  record_bytes_max: MiB,
  columns_max: 10_000,
  /** Brackets open at once in a JSON record. */
  json_depth_max: 1024,
  // Parquet
  /** The metadata at the end of a file: it grows with row groups times columns, 100 bytes or so for each. */
  parquet_footer_bytes_max: 16 * MiB,
  /** First read of an object, at its end: the metadata of most files is there as a whole. */
  parquet_tail_bytes: 64 * KiB,
  /** Groups within one another in the schema. */
  parquet_nesting_max: 64,
  /** Elements of the schema: its columns and the groups above them. */
  parquet_schema_elements_max: 40_000,
  parquet_row_groups_max: 100_000,
  /** Values in one structure of the metadata, such as a column's in a row group with its histograms. */
  parquet_struct_values_max: 100_000,
  /** An index of a column's pages in a row group, which is read to skip more than it costs. */
  parquet_index_bytes_max: 4 * MiB,
  parquet_index_values_max: 1_000_000,
  /** Data pages of a column chunk; also those without a row. */
  parquet_chunk_pages_max: 1_000_000,
  // Values
  /** Of a second's fraction in a timestamp. */
  timestamp_fraction_digits_max: 64,
  /** UTF-16 units of a computed string: `||` of a long column with itself must not fill the memory. */
  text_units_max: 4 * MiB,
  // Engine
  split_bytes: 8 * MiB,
  /** Splits of a query that are opened and not yet delivered. */
  splits_open_max: 64,
  /** Memory in which they are handed to workers, a stretch of it. */
  splits_shared_bytes: 128 * KiB,
  /** What a kernel sees at once: with its offsets it stays in a 1 MiB second-level cache. */
  window_bytes: 128 * KiB,
  /** First window of a query with LIMIT; doubles up to `window_bytes`. */
  window_bytes_first: 64 * KiB,
  /** One read call; a multiple of the window. */
  read_bytes: 512 * KiB,
  /** One read call of an object that is read in order. */
  stream_read_bytes: MiB,
  batch_rows_max: 8192,
  /** A block of a task's output. */
  task_output_bytes_max: 2 * MiB,
  /** Blocks that a task fills before it returns, as far as there is memory: some write one in two milliseconds, and to hand it over takes half of one. */
  task_blocks_max: 4,
  /** Asked of the first tasks of a query; doubles up to `task_output_bytes_max` while tasks fill it. */
  task_output_bytes_first: 256 * KiB,
  task_time_ms: 25,
  /** Room for the output of a task in memory that goes round: what ends behind `task_output_bytes_max` is a record or a frame long. */
  output_memory_bytes: 3 * MiB + 256 * KiB,
  /** Results in flight between the workers and slow clients, for the whole server. */
  results_in_flight_bytes_max: 72 * MiB,
  results_per_query_bytes_max: 32 * MiB,
  queries_active_max: 64,
  queries_queued_max: 256,
  /** A query whose client has taken nothing for so long gives its place to one that waits. */
  query_stall_ms: 30_000,
  query_deadline_ms: 60 * 60 * 1000,
  plan_cache_bytes_max: 4 * MiB,
  describe_cache_entries_max: 4096,
  /** Room for a few of the longest footers of Parquet, and for thousands of ordinary ones. */
  describe_cache_bytes_max: 32 * MiB,
  /** A task that has not ended by now (its budget is `task_time_ms`) is a bug of ours or a dead disk: its thread is replaced. */
  task_stuck_ms: 60_000,
  /** JavaScript heap of one worker; its WASM memory and buffers are beside it. */
  worker_heap_mib_max: 192,
  /** Decompressed text handed to a worker at once: small enough to start soon, large enough to be worth a task. */
  piece_bytes: 2 * MiB,
  /** The same of GZIP, and its compressed bytes read at once: zlib waits for the main thread after each, and wants new memory. */
  gunzip_piece_bytes: 4 * MiB,
  /** Inflated bytes per compressed byte, beyond the first 16 MiB of output. */
  decompression_ratio_max: 1100,
  /** Compressed bytes a decoding task takes: one LZ4 block of the largest size, with its length and checksum. */
  codec_input_bytes_max: 4 * MiB + 64 * KiB,
  /** Text of one decoding task; also the longest raw Snappy object, which is one block. */
  codec_output_bytes_max: 8 * MiB,
  /** What small blocks are put together to. */
  codec_task_bytes: MiB,
  /** Blocks of one object decoded ahead of its reader. */
  codec_ahead_max: 16,
  /** Level 9, before run lengths are undone. */
  bzip2_block_bytes_max: 900_000,
  /** Compressed: every byte a code of 20 bits, the longest tables, and some more. */
  bzip2_block_compressed_bytes_max: 2_400_000,
  /** Text of one decoding task of a block, which can be fifty times as much as the block. */
  bzip2_part_bytes_max: 2 * MiB,
  /** Pages, dictionaries and texts of the columns a Parquet query reads, in the memory of each thread. */
  decode_arena_bytes_max: 128 * MiB,
  // Wire
  /** AWS's Java SDK 1 decodes in a fixed 128 KiB buffer; MinIO leaves the same margin. */
  frame_bytes_max: 128 * KiB - 256,
  flush_bytes: 64 * KiB,
  /** What an object is read into to be sent. */
  answer_buffer_bytes: 512 * KiB,
  /** Beyond, answers are sent through `flush_bytes` each. */
  answer_buffers_max: 64,
  /** Kept for answers to come. */
  answer_buffers_kept: 16,
  /** Sent one after the other; those that are ready first wait for the others no longer. */
  answers_together_max: 16,
  flush_ms: 250,
  first_byte_ms: 1000,
  /** A first block smaller than a flush waits so long for an error right behind it, which can then still be an HTTP status. */
  early_error_ms: 50,
  cont_ms_min: 1000,
  cont_ms_max: 30_000,
  progress_ms_min: 1000,
  /** Cont and Progress frames of one query: minio-py recurses once for each and overflows its stack near 1,000. */
  signs_of_life_max: 490,
  /** Work whose answer would be a status takes no longer; then the status is 200, and white space keeps the connection. */
  slow_answer_ms: 5000,
  white_space_ms: 10_000,
  keep_alive_ms: 72_000,
  request_header_ms: 30_000,
  socket_idle_ms: 300_000,
  /** The longest silence within a request's body. */
  body_idle_ms_max: 60_000,
  /** A body may come as slowly as this on the average, once it has had `body_grace_ms`; time that we take is not counted. */
  body_bytes_per_s_min: KiB,
  body_grace_ms: 60_000,
  /** Lines of the access log that are waiting to be written. */
  access_log_bytes_max: 4 * MiB,
  access_log_close_ms: 2000,
  connections_max: 10_000,
  requests_active_max: 2048,
  /** A request body nobody wants is read to its end up to here, for the connection's sake; beyond, the connection is closed. */
  unread_body_bytes_max: MiB,
  /** How long a closed connection goes on taking the body, so that the client gets to read the answer. */
  linger_ms: 2000,
  tls_handshake_ms: 10_000,
  /** How long a server that is told to stop lets requests run. */
  drain_ms: 30_000,
} as const;

assert(limits.read_bytes % limits.window_bytes === 0, 'a read holds whole windows');
assert(limits.flush_bytes < limits.frame_bytes_max, 'a flush fits one frame');
assert(limits.request_xml_elements_max > 4 * limits.part_number_max, 'all parts can be named at once');
assert(limits.list_cached_names_max >= 2 * limits.list_window_names_max, 'two large lists can go on side by side');
assert(limits.cont_ms_max < limits.socket_idle_ms, 'a query without output keeps its connection');
assert(limits.task_output_bytes_max >= limits.record_bytes_max, 'a task can return its longest record');
assert(
  limits.results_per_query_bytes_max >= 4 * limits.task_blocks_max * limits.task_output_bytes_max,
  'one query can keep two workers busy while what they wrote before waits for its turn',
);
assert(limits.bzip2_block_compressed_bytes_max <= limits.codec_input_bytes_max, 'a bzip2 block is one task');
assert(limits.bzip2_part_bytes_max <= limits.codec_output_bytes_max, 'a part of a bzip2 block is one result');
assert(limits.piece_bytes <= limits.split_bytes, 'a piece is a kind of split');
assert(limits.gunzip_piece_bytes <= limits.split_bytes, 'so is one of GZIP');
assert(limits.split_bytes % limits.read_bytes === 0, 'a split is whole reads');
