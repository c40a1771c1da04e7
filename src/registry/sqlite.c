/* The registry in a file of SQLite, in WAL mode. Nobody else knows of SQLite.
 *
 * What is no registry is never opened for writing: the header is read first (is it a database, does it carry our
 * application id), then a connection that cannot write looks at the version and at every page. Only then a second one may
 * change something. Writers begin their transactions at once (BEGIN IMMEDIATE), so two of them never deadlock; they wait
 * for each other for WAIT milliseconds. A commit returns when its bytes are on the disk (synchronous = FULL).
 */
#include <sqlite3.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "registry/store.h"
#include "source/reader.h"

#define APPLICATION 0x57676852 /* "WghR" in the header, at offset 68 */
#define WAIT        30000
#define HEADER      100
#define PATH_MOST   4096
#define LONGEST     (64 << 20) /* bytes of one value */

/* Each brings a file from the version that is its place here to the next; a file's version is its user_version. Never
 * change one that was released: add another. */
static const char *const MIGRATIONS[] = {
    "CREATE TABLE configs ("
    " model_id TEXT NOT NULL PRIMARY KEY, model_type TEXT NOT NULL DEFAULT '', config_json TEXT NOT NULL,"
    " updated_at TEXT NOT NULL, source TEXT NOT NULL DEFAULT '', revision TEXT NOT NULL DEFAULT '',"
    " digest TEXT NOT NULL) STRICT;",
    "CREATE INDEX configs_any_case ON configs (model_id COLLATE NOCASE);"
    "CREATE INDEX configs_last_part ON configs (substr(model_id, instr(model_id, '/') + 1) COLLATE NOCASE);",
};
#define VERSION ((int)(sizeof MIGRATIONS / sizeof *MIGRATIONS))

#define COLUMNS "model_id, model_type, config_json, updated_at, source, revision, digest"
#define BARE    "model_id, model_type, '', updated_at, source, revision, digest"

typedef enum question {
  PUT,
  REMOVE,
  EXACT,
  ANY_CASE,
  LAST_PART,
  LIST,
  LIST_BARE,
  COUNT,
  CHANGES,
  BEGIN,
  COMMIT,
  QUESTIONS
} question;

static const char *const SQL[QUESTIONS] = {
    [PUT] = "INSERT INTO configs (" COLUMNS
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (model_id) DO UPDATE SET"
            " model_type = ?2, config_json = ?3, updated_at = ?4, source = ?5, revision = ?6, digest = ?7",
    [REMOVE] = "DELETE FROM configs WHERE model_id = ?1",
    [EXACT] = "SELECT " COLUMNS " FROM configs WHERE model_id = ?1",
    [ANY_CASE] = "SELECT " COLUMNS " FROM configs WHERE model_id = ?1 COLLATE NOCASE ORDER BY model_id",
    [LAST_PART] = "SELECT " COLUMNS
                  " FROM configs"
                  " WHERE substr(model_id, instr(model_id, '/') + 1) = ?1 COLLATE NOCASE ORDER BY model_id",
    /* ?3 ends the ids that begin with ?1: no UTF-8 holds the byte it ends in. */
    [LIST] = "SELECT " COLUMNS
             " FROM configs WHERE model_id >= ?1 AND model_id < ?3 AND model_id > ?2"
             " ORDER BY model_id LIMIT ?4",
    [LIST_BARE] = "SELECT " BARE
                  " FROM configs WHERE model_id >= ?1 AND model_id < ?3 AND model_id > ?2"
                  " ORDER BY model_id LIMIT ?4",
    [COUNT] = "SELECT count(*) FROM configs",
    [CHANGES] = "PRAGMA data_version",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
};

typedef struct store {
  sqlite3 *db;
  sqlite3_stmt *asked[QUESTIONS]; /* made when first needed */
  sqlite3_stmt *once;             /* one that is not kept */
  wb_str where, shown;            /* its path; its name in messages */
} store;

static void settle(void *user) {
  store *s = user;
  for (size_t i = 0; i < QUESTIONS; i++) sqlite3_reset(s->asked[i]); /* NULL is fine */
  sqlite3_finalize(s->once);
  s->once = NULL;
  if (s->db && !sqlite3_get_autocommit(s->db)) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

static void close_store(void *user) {
  store *s = user;
  settle(s);
  for (size_t i = 0; i < QUESTIONS; i++) {
    sqlite3_finalize(s->asked[i]);
    s->asked[i] = NULL;
  }
  sqlite3_close(s->db);
  s->db = NULL;
}

/* ---- failures ---- */

static wb_message_id message_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return WB_REGISTRY_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return WB_REGISTRY_BUSY;
    case SQLITE_NOMEM: return WB_OUT_OF_MEMORY;
    default: return WB_REGISTRY_FAILED;
  }
}

static _Noreturn void fail_with(wb_ctx *ctx, const store *s, int code) {
  const char *said = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(code);
  WB_FAIL(ctx, message_of(code), WB_NOWHERE, s->shown, wb_str_copy(ctx, wb_str_of(said)));
}

static void must(wb_ctx *ctx, const store *s, int code) {
  if (code != SQLITE_OK) fail_with(ctx, s, code);
}

/* ---- questions ---- */

static sqlite3_stmt *ask(wb_ctx *ctx, store *s, question q) {
  if (!s->asked[q]) must(ctx, s, sqlite3_prepare_v3(s->db, SQL[q], -1, SQLITE_PREPARE_PERSISTENT, &s->asked[q], NULL));
  sqlite3_reset(s->asked[q]);
  return s->asked[q];
}

static void bind_text(wb_ctx *ctx, const store *s, sqlite3_stmt *statement, int at, wb_str text) {
  const char *bytes = text.ptr ? text.ptr : "";
  must(ctx, s, sqlite3_bind_text64(statement, at, bytes, text.len, SQLITE_STATIC, SQLITE_UTF8));
}

static bool next(wb_ctx *ctx, const store *s, sqlite3_stmt *statement) {
  const int code = sqlite3_step(statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE) fail_with(ctx, s, code);
  return code == SQLITE_ROW;
}

static void done(wb_ctx *ctx, const store *s, sqlite3_stmt *statement) {
  while (next(ctx, s, statement)) {}
  must(ctx, s, sqlite3_reset(statement));
}

static wb_str text_at(wb_ctx *ctx, sqlite3_stmt *statement, int column) {
  const char *text = (const char *)sqlite3_column_text(statement, column);
  const int size = sqlite3_column_bytes(statement, column);
  return wb_str_copy(ctx, (wb_str){text, text && size > 0 ? (size_t)size : 0});
}

static size_t rows(wb_ctx *ctx, store *s, sqlite3_stmt *statement, wb_stored *out, size_t room) {
  size_t count = 0;
  while (count < room && next(ctx, s, statement)) {
    wb_stored *e = &out[count++];
    wb_str *const columns[] = {&e->id, &e->type, &e->config, &e->updated, &e->source, &e->revision, &e->digest};
    for (int i = 0; i < 7; i++) *columns[i] = text_at(ctx, statement, i);
  }
  sqlite3_reset(statement);
  return count;
}

/* The first number of the first row, 0 when there is none. */
static int64_t number(wb_ctx *ctx, store *s, const char *sql) {
  must(ctx, s, sqlite3_prepare_v2(s->db, sql, -1, &s->once, NULL));
  const int64_t found = next(ctx, s, s->once) ? sqlite3_column_int64(s->once, 0) : 0;
  sqlite3_finalize(s->once);
  s->once = NULL;
  return found;
}

static void run(wb_ctx *ctx, store *s, const char *sql) { must(ctx, s, sqlite3_exec(s->db, sql, NULL, NULL, NULL)); }

/* ---- opening ---- */

/* What a file may bring along is not run, and a reader maps nothing it did not check. */
static void guard(wb_ctx *ctx, store *s) {
  sqlite3_busy_timeout(s->db, WAIT);
  sqlite3_extended_result_codes(s->db, 1);
  sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, LONGEST);
  sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
  sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
  run(ctx, s, "PRAGMA cell_size_check = ON; PRAGMA foreign_keys = OFF;");
}

static const char *path_of(wb_ctx *ctx, const store *s) {
  const char *path = wb_str_cstr(ctx, s->where);
  return path[0] == ':' ? wb_str_cstr(ctx, wb_str_fmt(ctx, "./%s", path)) : path; /* no :memory: */
}

static void connect(wb_ctx *ctx, store *s, int flags) {
  const int code = sqlite3_open_v2(path_of(ctx, s), &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
  if (code != SQLITE_OK) fail_with(ctx, s, code);
  guard(ctx, s);
}

static int64_t version_of(wb_ctx *ctx, store *s) {
  const int64_t version = number(ctx, s, "PRAGMA user_version");
  if (version > VERSION)
    WB_FAIL(ctx, WB_REGISTRY_NEWER, WB_NOWHERE, s->shown, wb_str_fmt(ctx, "%lld", (long long)version),
            wb_str_fmt(ctx, "%d", VERSION));
  return version;
}

static void look(wb_ctx *ctx, store *s, const char *pragma) {
  must(ctx, s, sqlite3_prepare_v2(s->db, pragma, -1, &s->once, NULL));
  const wb_str said = next(ctx, s, s->once) ? text_at(ctx, s->once, 0) : WB_STR("no answer");
  sqlite3_finalize(s->once);
  s->once = NULL;
  if (!wb_str_is(said, "ok")) WB_FAIL(ctx, WB_REGISTRY_CORRUPT, WB_NOWHERE, s->shown, said);
}

static void check(wb_ctx *ctx, void *user) { look(ctx, user, "PRAGMA integrity_check(1)"); }

/* Every page, but not whether indexes agree with their tables: what a file of thousands can afford at every opening. */
static void check_pages(wb_ctx *ctx, store *s) { look(ctx, s, "PRAGMA quick_check(1)"); }

/* The first bytes of the file, by SQLite's own hands: closing a file by others' drops the locks that this process has on it
 * (sqlite.org/howtocorrupt.html, 2.2), and then another program takes a log away that is still being read. */
static bool read_head(wb_ctx *ctx, const store *s, unsigned char head[HEADER]) {
  sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
  char path[PATH_MOST];
  sqlite3_file *file = (sqlite3_file *)WB_NEWN(ctx, max_align_t, (size_t)vfs->szOsFile / sizeof(max_align_t) + 1);
  int code = vfs->xFullPathname(vfs, path_of(ctx, s), sizeof path, path);
  if ((code & 0xff) == SQLITE_OK) code = SQLITE_OK; /* SQLITE_OK_SYMLINK: a link was on the way */
  const char *name = code == SQLITE_OK ? sqlite3_create_filename(path, "", "", 0, NULL) : NULL;
  if (!name) fail_with(ctx, s, code == SQLITE_OK ? SQLITE_NOMEM : code);
  code = vfs->xOpen(vfs, name, file, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, NULL);
  if (code == SQLITE_OK) code = file->pMethods->xRead(file, head, HEADER, 0);
  if (file->pMethods) file->pMethods->xClose(file);
  sqlite3_free_filename(name);
  if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) fail_with(ctx, s, code);
  return code == SQLITE_OK;
}

/* Whether a file is there at all; one that is no registry is refused by its first bytes. A file of no bytes is one whose
 * maker was stopped before its first commit. */
static bool is_there(wb_ctx *ctx, const store *s) {
  unsigned char head[HEADER];
  const wb_file_kind kind = wb_path_kind(ctx, s->where);
  if (kind == WB_FILE_OTHER) WB_FAIL(ctx, WB_REGISTRY_NO_FILE, WB_NOWHERE, s->shown);
  if (kind != WB_FILE_REGULAR) return false;
  if (!read_head(ctx, s, head) || memcmp(head, "SQLite format 3", 16) != 0)
    WB_FAIL(ctx, WB_REGISTRY_NO_DATABASE, WB_NOWHERE, s->shown);
  const unsigned char *id = head + 68;
  const uint32_t application = (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
  if (application != APPLICATION) WB_FAIL(ctx, WB_REGISTRY_FOREIGN, WB_NOWHERE, s->shown);
  return true;
}

/* Looks at all of a file through a connection that cannot write. One that a stopped writer left to be put right (a hot
 * journal) cannot be read that way: it is looked at once it was. False then. */
static bool probe(wb_ctx *ctx, store *s) {
  connect(ctx, s, SQLITE_OPEN_READONLY);
  const int code = sqlite3_exec(s->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
  const bool readable =
      code != SQLITE_READONLY_ROLLBACK && code != SQLITE_READONLY_RECOVERY && code != SQLITE_READONLY_CANTINIT;
  if (readable) {
    must(ctx, s, code);
    version_of(ctx, s);
    check_pages(ctx, s);
  }
  close_store(s);
  return readable;
}

static void migrate(wb_ctx *ctx, store *s) {
  if (version_of(ctx, s) == VERSION) return;
  run(ctx, s, SQL[BEGIN]);
  char pragma[96];
  const int64_t from = version_of(ctx, s); /* somebody else may have been quicker */
  for (int64_t i = from; i < VERSION; i++) run(ctx, s, MIGRATIONS[i]);
  snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION, VERSION);
  run(ctx, s, pragma);
  run(ctx, s, SQL[COMMIT]);
}

/* WAL is a property of the file. Changing to it needs the file alone, and does not wait as other statements do. */
static void use_wal(wb_ctx *ctx, store *s) {
  int code = SQLITE_OK;
  for (int tries = 0; tries < 200; tries++) {
    code = sqlite3_exec(s->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    if ((code & 0xff) != SQLITE_BUSY && (code & 0xff) != SQLITE_LOCKED) break;
    sqlite3_sleep(5);
  }
  must(ctx, s, code);
}

/* A file in WAL mode needs an index beside it, which nobody can make in a folder that may not be written to. Where no log
 * holds anything, the file itself is all there is. */
static bool stands_alone(wb_ctx *ctx, store *s) {
  const int code = sqlite3_exec(s->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) & 0xff;
  const wb_file_kind log = wb_path_kind(ctx, wb_str_fmt(ctx, "%.*s-wal", WB_STR_ARG(s->where)));
  return (code == SQLITE_READONLY || code == SQLITE_CANTOPEN) && log != WB_FILE_REGULAR;
}

/* As a file that nobody changes meanwhile: who does is found out by the digests. */
static void connect_alone(wb_ctx *ctx, store *s) {
  wb_text uri = {.ctx = ctx};
  close_store(s);
  wb_text_adds(&uri, "file:");
  for (const char *c = path_of(ctx, s); *c; c++) wb_text_addf(&uri, strchr("%?#", *c) ? "%%%02X" : "%c", *c);
  wb_text_adds(&uri, "?immutable=1");
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  must(ctx, s, sqlite3_open_v2(wb_str_cstr(ctx, wb_text_str(&uri)), &s->db, flags, NULL));
  guard(ctx, s);
}

static bool open_store(wb_ctx *ctx, void *user, wb_str where, wb_str shown, wb_store_mode mode) {
  store *s = user;
  s->where = wb_str_copy(ctx, where);
  s->shown = shown;
  const bool there = is_there(ctx, s);
  if (mode == WB_STORE_READ) {
    if (!there) return false;
    connect(ctx, s, SQLITE_OPEN_READONLY);
    if (stands_alone(ctx, s)) connect_alone(ctx, s);
    return version_of(ctx, s) > 0;
  }
  const bool looked_at = there && probe(ctx, s);
  connect(ctx, s, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  run(ctx, s, "PRAGMA synchronous = FULL");
  if (there && !looked_at) check_pages(ctx, s);
  migrate(ctx, s);
  use_wal(ctx, s);
  return true;
}

static void *make(wb_ctx *ctx) { return WB_NEW(ctx, store); }

/* ---- entries ---- */

static void begin(wb_ctx *ctx, void *user) { done(ctx, user, ask(ctx, user, BEGIN)); }
static void commit(wb_ctx *ctx, void *user) { done(ctx, user, ask(ctx, user, COMMIT)); }

static void put(wb_ctx *ctx, void *user, const wb_stored *e) {
  const wb_str columns[] = {e->id, e->type, e->config, e->updated, e->source, e->revision, e->digest};
  sqlite3_stmt *statement = ask(ctx, user, PUT);
  for (int i = 0; i < 7; i++) bind_text(ctx, user, statement, i + 1, columns[i]);
  done(ctx, user, statement);
}

static bool remove_one(wb_ctx *ctx, void *user, wb_str id) {
  store *s = user;
  sqlite3_stmt *statement = ask(ctx, s, REMOVE);
  bind_text(ctx, s, statement, 1, id);
  done(ctx, s, statement);
  return sqlite3_changes(s->db) > 0;
}

static size_t find(wb_ctx *ctx, void *user, wb_str name, wb_store_match match, wb_stored *out, size_t room) {
  static const question questions[] = {EXACT, ANY_CASE, LAST_PART};
  sqlite3_stmt *statement = ask(ctx, user, questions[match]);
  bind_text(ctx, user, statement, 1, name);
  return rows(ctx, user, statement, out, room);
}

static size_t list(wb_ctx *ctx, void *user, const wb_store_page *page, wb_stored *out) {
  sqlite3_stmt *statement = ask(ctx, user, page->with_config ? LIST : LIST_BARE);
  bind_text(ctx, user, statement, 1, page->prefix);
  bind_text(ctx, user, statement, 2, page->after);
  bind_text(ctx, user, statement, 3, wb_str_fmt(ctx, "%.*s\xff", WB_STR_ARG(page->prefix)));
  must(ctx, user, sqlite3_bind_int64(statement, 4, (sqlite3_int64)page->limit));
  return rows(ctx, user, statement, out, page->limit);
}

static size_t count(wb_ctx *ctx, void *user) {
  sqlite3_stmt *statement = ask(ctx, user, COUNT);
  const size_t found = next(ctx, user, statement) ? (size_t)sqlite3_column_int64(statement, 0) : 0;
  sqlite3_reset(statement);
  return found;
}

/* What other connections committed; the file itself may have been removed, or another put in its place. */
static uint64_t changes(wb_ctx *ctx, void *user) {
  store *s = user;
  int moved = 0;
  sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved) return 0;
  sqlite3_stmt *statement = ask(ctx, s, CHANGES);
  const uint64_t version = next(ctx, s, statement) ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
  sqlite3_reset(statement);
  return version + 1;
}

const wb_store_driver wb_sqlite_driver = {
    .name = "sqlite",
    .make = make,
    .open = open_store,
    .close = close_store,
    .settle = settle,
    .begin = begin,
    .commit = commit,
    .put = put,
    .remove = remove_one,
    .find = find,
    .list = list,
    .count = count,
    .check = check,
    .changes = changes,
};
