#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/index.h"
#include "source/reader.h"

/* Every test has a context and a new folder of its own, removed afterwards. */

static wb_ctx ctx;
static char folder[] = "/tmp/weigh-test-XXXXXX";

static wb_str in_folder(const char *name) { return wb_path_join(&ctx, wb_str_of(folder), wb_str_of(name)); }

static wb_str put(const char *name, const char *bytes, size_t length) {
  wb_str path = in_folder(name);
  FILE *out = fopen(wb_str_cstr(&ctx, path), "wb");
  assert_non_null(out);
  assert_int_equal(fwrite(bytes, 1, length, out), length);
  fclose(out);
  return path;
}

static wb_str put_text(const char *name, const char *text) { return put(name, text, strlen(text)); }

static const char *failure_line(void) {
  wb_failure f = ctx.failure;
  wb_text out = {.ctx = &ctx};
  wb_text_addf(&out, "%u:%u %s", f.place.line, f.place.column, wb_message_code(f.message));
  for (size_t i = 0; i < 3 && f.args[i].len; i++) {
    wb_str arg = f.args[i];
    if (wb_str_starts(arg, wb_str_of(folder))) arg = wb_str_slice(arg, strlen(folder), arg.len);
    wb_text_addf(&out, " | %.*s", WB_STR_ARG(arg));
  }
  return wb_str_cstr(&ctx, wb_text_str(&out));
}

static const char *content(wb_str path, size_t limit) {
  if (!WB_GUARD(&ctx)) return failure_line();
  return wb_str_cstr(&ctx, wb_read_file(&ctx, path, limit));
}

static int open_descriptors(void) {
  int count = 0;
  for (int fd = 0; fd < 64; fd++) count += fcntl(fd, F_GETFD) != -1;
  return count;
}

/* ---- files ---- */

static void a_file_is_read_whole(void **state) {
  (void)state;
  assert_string_equal(content(put_text("a.txt", "hello"), 0), "hello");
  assert_string_equal(content(put_text("empty", ""), 0), "");
  size_t length = 3000000;
  char *big = malloc(length);
  assert_non_null(big);
  for (size_t i = 0; i < length; i++) big[i] = (char)(i * 31 >> 3);
  wb_str read = wb_read_file(&ctx, put("big", big, length), 0);
  assert_int_equal(read.len, length);
  assert_memory_equal(read.ptr, big, length);
  free(big);
}

static void the_limit_counts_bytes(void **state) {
  (void)state;
  wb_str path = put_text("five", "12345");
  assert_string_equal(content(path, 5), "12345");
  assert_string_equal(content(path, 4), "0:0 file_too_big | /five | 4");
}

static void what_cannot_be_opened_says_why(void **state) {
  (void)state;
  assert_string_equal(content(in_folder("missing"), 0), "0:0 file_open | /missing | No such file or directory");
  wb_str below_file = in_folder("a.txt/below");
  put_text("a.txt", "x");
  assert_string_equal(content(below_file, 0), "0:0 file_open | /a.txt/below | Not a directory");
  assert_string_equal(content(wb_str_of(folder), 0), "0:0 file_is_folder | ");
  wb_str hidden = {"a.txt\0.json", 11};
  assert_string_equal(content(hidden, 0), "0:0 file_open | a.txt | the path holds a NUL byte");
  assert_string_equal(content(WB_STR(""), 0), "0:0 file_open");
}

static void devices_and_pipes_are_read_up_to_the_limit(void **state) {
  (void)state;
  assert_string_equal(content(WB_STR("/dev/null"), 0), "");
  assert_string_equal(content(WB_STR("/dev/zero"), 100000), "0:0 file_too_big | /dev/zero | 100000");
  wb_str pipe_path = in_folder("pipe");
  const char *name = wb_str_cstr(&ctx, pipe_path);
  assert_int_equal(mkfifo(name, 0600), 0);
  pid_t writer = fork();
  if (writer == 0) {
    int out = open(name, O_WRONLY);
    for (int i = 0; i < 1000; i++)
      if (write(out, "0123456789012345678901234567890123456789012345678901234567890123456789", 70) != 70) _exit(1);
    _exit(0);
  }
  assert_int_equal(strlen(content(pipe_path, 0)), 70000);
}

static void standard_input_is_a_dash(void **state) {
  (void)state;
  wb_str path = put_text("in", "from standard input");
  int saved = dup(STDIN_FILENO), file = open(wb_str_cstr(&ctx, path), O_RDONLY);
  dup2(file, STDIN_FILENO);
  close(file);
  assert_string_equal(content(WB_STR("-"), 0), "from standard input");
  assert_int_not_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
  dup2(saved, STDIN_FILENO);
  close(saved);
}

static void *no_memory(size_t size) {
  (void)size;
  return NULL;
}

static void failures_leave_no_descriptor_open(void **state) {
  (void)state;
  int before = open_descriptors();
  size_t length = 200000;
  char *big = calloc(length, 1);
  assert_non_null(big);
  wb_str path = put("big", big, length);
  free(big);
  for (int i = 0; i < 20; i++) {
    content(path, 10);
    content(wb_str_of(folder), 0);
    content(WB_STR("/dev/zero"), 1000);
  }
  wb_alloc_hook(no_memory, NULL);
  content(path, 0);
  wb_alloc_hook(NULL, NULL);
  assert_int_equal(ctx.failure.message, WB_OUT_OF_MEMORY);
  assert_int_equal(open_descriptors(), before);
}

/* What is not refused by its own limit may be too much for the context: that is not a machine without memory. */
static void a_file_beyond_the_memory_of_one_question_is_refused(void **state) {
  (void)state;
  static char big[200000];
  wb_arena *whole = ctx.arena;
  const wb_str path = put("big", big, sizeof big);
  ctx.arena = wb_arena_new(100000);
  assert_non_null(ctx.arena);
  content(path, 0);
  const wb_failure failure = ctx.failure;
  wb_arena_free(ctx.arena);
  ctx.arena = whole;
  assert_int_equal(failure.message, WB_TOO_MUCH_MEMORY);
  assert_true(wb_str_eq(failure.place.file, path));
}

/* ---- folders ---- */

static void paths_are_joined_with_one_slash(void **state) {
  (void)state;
  assert_true(wb_str_is(wb_path_join(&ctx, WB_STR("a"), WB_STR("b")), "a/b"));
  assert_true(wb_str_is(wb_path_join(&ctx, WB_STR("a/"), WB_STR("b")), "a/b"));
  assert_true(wb_str_is(wb_path_join(&ctx, WB_STR(""), WB_STR("b")), "b"));
  assert_true(wb_str_is(wb_path_join(&ctx, WB_STR("/"), WB_STR("b")), "/b"));
}

static void files_and_folders_are_told_apart(void **state) {
  (void)state;
  wb_str file = put_text("f", "");
  assert_true(wb_path_exists(&ctx, file));
  assert_false(wb_path_is_folder(&ctx, file));
  assert_true(wb_path_exists(&ctx, wb_str_of(folder)));
  assert_true(wb_path_is_folder(&ctx, wb_str_of(folder)));
  assert_false(wb_path_exists(&ctx, in_folder("missing")));
  assert_false(wb_path_is_folder(&ctx, in_folder("missing")));
}

static void names_come_sorted_by_bytes(void **state) {
  (void)state;
  static const char *const made[] = {"b", "a10", "a2", "B", ".hidden", "\xe4\xb8\xad"};
  static const char *const sorted[] = {"B", "a10", "a2", "b", "\xe4\xb8\xad"};
  for (size_t i = 0; i < 6; i++) put_text(made[i], "");
  wb_str *names;
  assert_int_equal(wb_list_folder(&ctx, wb_str_of(folder), &names), 5);
  for (size_t i = 0; i < 5; i++) assert_true(wb_str_is(names[i], sorted[i]));
}

static const char *list(wb_str path) {
  wb_str *names;
  if (!WB_GUARD(&ctx)) return failure_line();
  return wb_str_cstr(&ctx, wb_str_fmt(&ctx, "%zu names", wb_list_folder(&ctx, path, &names)));
}

static void a_folder_that_cannot_be_listed_says_why(void **state) {
  (void)state;
  int before = open_descriptors();
  assert_string_equal(list(wb_str_of(folder)), "0 names");
  assert_string_equal(list(in_folder("missing")), "0:0 file_open | /missing | No such file or directory");
  assert_string_equal(list(put_text("file", "")), "0:0 file_open | /file | Not a directory");
  assert_int_equal(open_descriptors(), before);
}

/* ---- indexes of checkpoints ---- */

static const wb_index *index_of(wb_str text, wb_str name) {
  if (!WB_GUARD(&ctx)) return NULL;
  return wb_index_read(&ctx, text, name);
}

static const char *index_line(const char *text) {
  const wb_index *index = index_of(wb_str_of(text), WB_STR("i"));
  if (!index) return failure_line();
  wb_text out = {.ctx = &ctx};
  for (size_t i = 0; i < index->count; i++) {
    const wb_index_entry *entry = &index->tensors[i];
    assert_ptr_equal(wb_index_get(index, entry->name), entry);
    wb_text_addf(&out, "%.*s=%.*s ", WB_STR_ARG(entry->name), WB_STR_ARG(index->shards[entry->shard]));
  }
  wb_text_addf(&out, "in %zu", index->shard_count);
  if (index->has_total_size) wb_text_adds(&out, ", ");
  if (index->has_total_size) wb_i128_print(&out, index->total_size);
  assert_null(wb_index_get(index, WB_STR("?")));
  return wb_str_cstr(&ctx, wb_text_str(&out));
}

static void an_index_is_sorted_by_name(void **state) {
  (void)state;
  assert_string_equal(
      index_line("{\"metadata\": {\"total_size\": 16060522496},\n"
                 "\"weight_map\": {\"c\": \"2.st\", \"a.10\": \"1.st\", \"a.2\": \"2.st\", \"b\": \"1.st\"}}"),
      "a.10=1.st a.2=2.st b=1.st c=2.st in 2, 16060522496");
  assert_string_equal(index_line("{\"weight_map\": {}}"), "in 0");
  assert_string_equal(index_line("{\"metadata\": {}, \"weight_map\": {\"a\": \"x\"}}"), "a=x in 1");
  assert_string_equal(index_line("{\"metadata\": {\"total_size\": 10.0}, \"weight_map\": {\"a\": \"x\"}}"),
                      "a=x in 1, 10");
  assert_string_equal(index_line("{\"metadata\": null, \"weight_map\": {\"a\": \"x\"}}"), "a=x in 1");
}

static void a_faulty_index_says_what_is_wrong(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"[]", "1:1 index_field | index | list | an object with weight_map"},
      {"{}", "0:0 index_field | weight_map | missing | an object that maps names of tensors to files"},
      {"{\"weight_map\": [1]}", "1:16 index_field | weight_map | list | an object that maps names of tensors to files"},
      {"{\"weight_map\": {\"a\": 1}}", "1:22 index_field | weight_map.a | integer | the name of a file"},
      {"{\"weight_map\": {\"a\": \"x\"}, \"metadata\": {\"total_size\": -1}}",
       "1:55 index_field | metadata.total_size | integer | a whole number of bytes"},
      {"{\"weight_map\": {\"a\": \"x\"}, \"metadata\": {\"total_size\": 1.5}}",
       "1:55 index_field | metadata.total_size | number | a whole number of bytes"},
      {"{\"weight_map\": {\"a\": \"x\"}, \"metadata\": {\"total_size\": \"9\"}}",
       "1:55 index_field | metadata.total_size | string | a whole number of bytes"},
      {"{\"weight_map\": {\"a\": \"../x\"}}", "1:22 index_file_name | \"../x\""},
      {"{\"weight_map\": {\"a\": \"/etc/passwd\"}}", "1:22 index_file_name | \"/etc/passwd\""},
      {"{\"weight_map\": {\"a\": \"..\"}}", "1:22 index_file_name | \"..\""},
      {"{\"weight_map\": {\"a\": \"\"}}", "1:22 index_file_name | \"\""},
      {"{\"weight_map\": {\"a\": \"x\\u0000\"}}", "1:22 index_file_name | \"x\\u0000\""},
      {"{\"weight_map\": {\"a\": \"x\", \"a\": \"y\"}}", "1:27 json_duplicate_key | a | 1"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_string_equal(index_line(cases[i][0]), cases[i][1]);
}

static void indexes_of_a_folder_come_likeliest_first(void **state) {
  (void)state;
  static const char *const made[] = {"pytorch_model.bin.index.json",
                                     "config.json",
                                     "a.index.json",
                                     "index.json",
                                     "model.safetensors.index.fp16.json",
                                     "model.safetensors.index.json",
                                     "consolidated.safetensors.index.json",
                                     "model.safetensors.index.json.bak"};
  static const char *const found[] = {"model.safetensors.index.json", "consolidated.safetensors.index.json",
                                      "model.safetensors.index.fp16.json", "pytorch_model.bin.index.json",
                                      "a.index.json"};
  for (size_t i = 0; i < sizeof made / sizeof *made; i++) put_text(made[i], "{\"weight_map\": {\"w\": \"s\"}}");
  wb_str *paths;
  assert_int_equal(wb_index_find(&ctx, wb_str_of(folder), &paths), 5);
  for (size_t i = 0; i < 5; i++) assert_true(wb_str_eq(paths[i], in_folder(found[i])));
  const wb_index *index = wb_index_open(&ctx, paths[0]);
  assert_int_equal(index->count, 1);
  assert_true(wb_str_eq(index->path, paths[0]));
}

static int set_up(void **state) {
  (void)state;
  memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
  ctx = (wb_ctx){.arena = wb_arena_new(0)};
  return ctx.arena && mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  wb_str *names, hidden = in_folder(".hidden");
  size_t count = wb_list_folder(&ctx, wb_str_of(folder), &names);
  for (size_t i = 0; i < count; i++) remove(wb_str_cstr(&ctx, wb_path_join(&ctx, wb_str_of(folder), names[i])));
  remove(wb_str_cstr(&ctx, hidden));
  wb_arena_free(ctx.arena);
  return rmdir(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_file_is_read_whole),
      TEST(the_limit_counts_bytes),
      TEST(what_cannot_be_opened_says_why),
      TEST(devices_and_pipes_are_read_up_to_the_limit),
      TEST(standard_input_is_a_dash),
      TEST(failures_leave_no_descriptor_open),
      TEST(a_file_beyond_the_memory_of_one_question_is_refused),
      TEST(paths_are_joined_with_one_slash),
      TEST(files_and_folders_are_told_apart),
      TEST(names_come_sorted_by_bytes),
      TEST(a_folder_that_cannot_be_listed_says_why),
      TEST(an_index_is_sorted_by_name),
      TEST(a_faulty_index_says_what_is_wrong),
      TEST(indexes_of_a_folder_come_likeliest_first),
  };
  return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
