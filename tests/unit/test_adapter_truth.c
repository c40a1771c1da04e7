/* What PEFT makes, recorded: every row of training/adapters.tsv of the truth folder (WEIGH_TRUTH_DIR), and of the vectors
 * that stand here. A row passes when trainable parameters, adapted modules and the list of trainable tensors (name, shape,
 * dtype, number) are equal; where the library's names of modules are not those of the checkpoint, names less their module.
 * A row that PEFT refuses passes when it is refused here. WEIGH_ADAPTERS=all says which rows differ in names alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/handle.h"
#include "base/tsv.h"
#include "estimate/adapter.h"

#define COLUMNS  10
#define SETTINGS 24

static weigh_library *library;
static weigh_error err;
static wb_ctx texts; /* of what is read and compared */

static wb_str read_all(const char *path) {
  FILE *f = fopen(path, "rb");
  if (!f) fail_msg("%s: cannot be read", path);
  fseek(f, 0, SEEK_END);
  const size_t size = (size_t)ftell(f);
  rewind(f);
  char *bytes = malloc(size + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, size, f), size);
  fclose(f);
  bytes[size] = '\0';
  return (wb_str){bytes, size};
}

/* ---- one row ---- */

typedef struct asked {
  const char *adapter;
  const char *options[SETTINGS];
  size_t option_count;
} asked;

static const struct {
  const char *class, *adapter;
} CLASSES[] = {{"LoraConfig", "lora"},
               {"AdaLoraConfig", "adalora"},
               {"FourierFTConfig", "fourierft"},
               {"IA3Config", "ia3"},
               {"LNTuningConfig", "ln_tuning"},
               {"LoHaConfig", "loha"},
               {"LoKrConfig", "lokr"},
               {"OFTConfig", "oft"},
               {"PrefixTuningConfig", "prefix_tuning"},
               {"PromptTuningConfig", "prompt_tuning"},
               {"PromptEncoderConfig", "p_tuning"},
               {"VBLoRAConfig", "vblora"},
               {"VeraConfig", "vera"}};

/* A refused row says what was asked by its label alone. */
static const struct {
  const char *label, *settings;
} LABELS[] = {
    {"lora_r8_default", "LoraConfig:r=8"},
    {"lora_r64_default", "LoraConfig:r=64"},
    {"lora_r64_all-linear", "LoraConfig:r=64,target_modules=all-linear"},
    {"lora_r8_all-linear_biaslora", "LoraConfig:r=8,target_modules=all-linear,lora_bias=True"},
    {"dora_r8_all-linear", "LoraConfig:r=8,target_modules=all-linear,use_dora=True"},
    {"vblora_qv", "VBLoRAConfig:target_modules=qv"},
    {"loha_r8_qv", "LoHaConfig:target_modules=qv"},
    {"loha_r8_all-linear", "LoHaConfig:target_modules=all-linear"},
    {"lokr_r8_qv", "LoKrConfig:target_modules=qv"},
    {"ln_tuning", "LNTuningConfig:"},
    {"ia3_default", "IA3Config:"},
    {"prefix_20", "PrefixTuningConfig:num_virtual_tokens=20"},
    {"prefix_20_proj", "PrefixTuningConfig:num_virtual_tokens=20,prefix_projection=True,encoder_hidden_size=512"},
    {"prompt_20", "PromptTuningConfig:num_virtual_tokens=20"},
    {"ptuning_20_h128", "PromptEncoderConfig:num_virtual_tokens=20,encoder_hidden_size=128"}};

/* "LoraConfig:r=8,target_modules=['q_proj','v_proj']" */
static asked read_settings(wb_str text) {
  asked out = {0};
  size_t colon = 0;
  while (colon < text.len && text.ptr[colon] != ':') colon++;
  for (size_t i = 0; i < sizeof CLASSES / sizeof *CLASSES; i++)
    if (wb_str_is(wb_str_slice(text, 0, colon), CLASSES[i].class)) out.adapter = CLASSES[i].adapter;
  if (!out.adapter) fail_msg("%.*s: no adapter", WB_STR_ARG(text));
  wb_text option = {.ctx = &texts};
  int depth = 0;
  for (size_t i = colon + 1; i <= text.len && text.len > colon; i++) {
    const char c = i < text.len ? text.ptr[i] : ',';
    depth += c == '[' ? 1 : c == ']' ? -1 : 0;
    if (c == ',' && !depth) {
      if (option.len && out.option_count < SETTINGS)
        out.options[out.option_count++] = wb_str_cstr(&texts, wb_str_copy(&texts, wb_text_str(&option)));
      option = (wb_text){.ctx = &texts};
    } else if (c != '[' && c != ']' && c != '\'') wb_text_addc(&option, c);
  }
  return out;
}

/* Configurations that name a class without a head, and the class that was recorded. */
static const struct {
  const char *config, *setting;
} HEADS[] = {{"google/vit-base-patch16-224-in21k", "architectures=[\"ViTForImageClassification\"]"},
             {"facebook/dinov2-with-registers-small", "architectures=[\"Dinov2WithRegistersForImageClassification\"]"}};

static weigh_model *open_row(const char *folder, wb_str config, wb_str overrides) {
  char path[4096];
  const char *settings[SETTINGS] = {"torch_dtype=bfloat16", "dtype=bfloat16"};
  size_t count = 2, at = 0;
  if (folder) {
    snprintf(path, sizeof path, "%s/models/%.*s/config.json", folder, WB_STR_ARG(config));
    if (access(path, R_OK))
      snprintf(path, sizeof path, "%s/truth/training/configs/%.*s.json", folder, WB_STR_ARG(config));
  } else snprintf(path, sizeof path, "%.*s", WB_STR_ARG(config));
  for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++)
    if (wb_str_is(config, HEADS[i].config)) settings[count++] = HEADS[i].setting;
  if (!wb_str_is(overrides, "full"))
    for (wb_str item; wb_str_next(overrides, ',', &at, &item) && count < SETTINGS;)
      settings[count++] = wb_str_cstr(&texts, item);
  weigh_model *model = NULL;
  weigh_model_request request = {.model = path, .settings = settings, .setting_count = count};
  if (weigh_model_open(library, &request, &model, &err) != WEIGH_OK) return NULL;
  return model;
}

static const wb_adapter *apply(weigh_model *model, const asked *a) {
  wb_ctx *ctx = &model->model.ctx;
  if (WB_BEGIN(ctx))
    return wb_adapter_apply(&model->model, wb_adapter_find(model->model.lib, ctx, wb_str_of(a->adapter)), a->options,
                            a->option_count);
  wb_report_failure(ctx, library, &err);
  return NULL;
}

/* ---- lists of tensors ---- */

typedef struct entry {
  wb_str name, shape; /* "8x4096:f32" */
  int64_t count;
} entry;

typedef struct entries {
  entry *items;
  size_t count, cap;
} entries;

/* Numbers of layers are stars in recorded names. */
static wb_str starred(wb_str name) {
  wb_text out = {.ctx = &texts};
  size_t at = 0;
  for (wb_str part; wb_str_next(name, '.', &at, &part);) {
    bool number = part.len > 0;
    for (size_t i = 0; i < part.len; i++) number = number && part.ptr[i] >= '0' && part.ptr[i] <= '9';
    if (out.len) wb_text_addc(&out, '.');
    wb_text_add(&out, number ? WB_STR("*") : part);
  }
  return wb_text_str(&out);
}

static void add_entry(entries *all, entry e) {
  for (size_t i = 0; i < all->count; i++)
    if (wb_str_eq(all->items[i].name, e.name) && wb_str_eq(all->items[i].shape, e.shape)) {
      all->items[i].count += e.count;
      return;
    }
  WB_PUSH_ROOM(&texts, all->items, all->count, all->cap);
  all->items[all->count++] = e;
}

static bool same(const entries *a, const entries *b) {
  if (a->count != b->count) return false;
  for (size_t i = 0; i < a->count; i++) {
    bool found = false;
    for (size_t k = 0; k < b->count && !found; k++)
      found = wb_str_eq(a->items[i].name, b->items[k].name) && wb_str_eq(a->items[i].shape, b->items[k].shape) &&
              a->items[i].count == b->items[k].count;
    if (!found) return false;
  }
  return true;
}

/* What the adapter calls a tensor, without the module that it stands in. */
static wb_str tail(wb_str name) {
  static const char *const marks[] = {"lora_",
                                      "hada_",
                                      "lokr_",
                                      "vera_",
                                      "vblora_",
                                      "ia3_",
                                      "oft_",
                                      "fourierft_",
                                      "ln_tuning_layers",
                                      "modules_to_save",
                                      "prompt_encoder",
                                      "bias"};
  size_t at = 0;
  for (wb_str part; at < name.len;) {
    const size_t from = at;
    if (!wb_str_next(name, '.', &at, &part)) break;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
      if (wb_str_starts(part, wb_str_of(marks[i]))) return wb_str_slice(name, from, name.len);
  }
  return name;
}

static entries without_modules(const entries *all) {
  entries out = {0};
  for (size_t i = 0; i < all->count; i++)
    add_entry(&out, (entry){tail(all->items[i].name), all->items[i].shape, all->items[i].count});
  return out;
}

static wb_str short_dtype(wb_str dtype) {
  return wb_str_is(dtype, "float32") ? WB_STR("f32") : wb_str_is(dtype, "bfloat16") ? WB_STR("bf16") : dtype;
}

static entries made_by(const wb_adapter *adapter) {
  entries out = {0};
  for (size_t i = 0; i < adapter->trained.count; i++) {
    const wb_trained *t = &adapter->trained.items[i];
    wb_text shape = {.ctx = &texts};
    for (size_t k = 0; k < t->rank; k++) {
      if (k) wb_text_addc(&shape, 'x');
      wb_num_print(&shape, t->dims[k]);
    }
    wb_text_addf(&shape, ":%.*s", WB_STR_ARG(short_dtype(t->dtype)));
    add_entry(&out, (entry){starred(t->pattern), wb_text_str(&shape), (int64_t)t->copies.num});
  }
  return out;
}

/* "model.layers.*.q_proj.lora_A.weight:8x4096:f32(2);…" */
static entries recorded(wb_str text) {
  entries out = {0};
  size_t at = 0;
  for (wb_str item; wb_str_next(text, ';', &at, &item);) {
    size_t colon = 0, bracket = item.len;
    while (colon < item.len && item.ptr[colon] != ':') colon++;
    while (bracket && item.ptr[bracket - 1] != '(') bracket--;
    if (!bracket || colon >= bracket) continue;
    const long count = strtol(wb_str_cstr(&texts, wb_str_slice(item, bracket, item.len)), NULL, 10);
    add_entry(&out, (entry){wb_str_slice(item, 0, colon), wb_str_slice(item, colon + 1, bracket - 1), count});
  }
  return out;
}

/* ---- rows ---- */

typedef struct tally {
  size_t rows, equal, shapes, refused, failed, known;
  wb_str todo;
} tally;

static bool is_known(const tally *t, wb_str label) {
  wb_str cells[2];
  for (size_t at = 0; t->todo.len && wb_tsv_next(t->todo, &at, cells, 2);)
    if (wb_str_eq(cells[0], label)) return true;
  return false;
}

static void differs(tally *t, wb_str label, wb_str what) {
  if (is_known(t, label)) {
    t->known++;
    return;
  }
  t->failed++;
  print_message("# %.*s: %.*s\n", WB_STR_ARG(label), WB_STR_ARG(what));
}

static void print_difference(const entries *a, const entries *b, const char *mark) {
  for (size_t i = 0; i < a->count; i++) {
    bool found = false;
    for (size_t k = 0; k < b->count && !found; k++)
      found = wb_str_eq(a->items[i].name, b->items[k].name) && wb_str_eq(a->items[i].shape, b->items[k].shape) &&
              a->items[i].count == b->items[k].count;
    if (!found)
      print_message("#   %s %.*s %.*s (%lld)\n", mark, WB_STR_ARG(a->items[i].name), WB_STR_ARG(a->items[i].shape),
                    (long long)a->items[i].count);
  }
}

static void compare(tally *t, wb_str label, const wb_adapter *adapter, const wb_str *cells) {
  wb_num trainable = wb_num_int(0), modules = wb_num_int(0);
  wb_num_parse(cells[5], &trainable);
  wb_num_parse(cells[7], &modules);
  const entries ours = made_by(adapter), theirs = recorded(cells[9]);
  const entries our_shapes = without_modules(&ours), their_shapes = without_modules(&theirs);
  wb_text what = {.ctx = &texts};
  if (adapter->parameters.num != trainable.num) {
    wb_text_adds(&what, "trainable ");
    wb_num_print(&what, adapter->parameters);
    wb_text_addf(&what, " for %.*s; ", WB_STR_ARG(cells[5]));
  }
  if (adapter->adapted.num != modules.num) {
    wb_text_adds(&what, "modules ");
    wb_num_print(&what, adapter->adapted);
    wb_text_addf(&what, " for %.*s; ", WB_STR_ARG(cells[7]));
  }
  if (wb_str_is(cells[9], "-")) { /* the list was not written down */
    t->equal += !what.len;
    if (what.len) differs(t, label, wb_text_str(&what));
    return;
  }
  if (!same(&our_shapes, &their_shapes)) wb_text_adds(&what, "shapes");
  if (what.len) {
    differs(t, label, wb_text_str(&what));
    if (getenv("WEIGH_ADAPTERS") && !is_known(t, label)) {
      print_difference(&ours, &theirs, "+");
      print_difference(&theirs, &ours, "-");
    }
  } else if (same(&ours, &theirs)) t->equal++;
  else {
    t->shapes++;
    if (getenv("WEIGH_ADAPTERS")) print_message("# names differ: %.*s\n", WB_STR_ARG(label));
  }
}

static wb_str settings_of(const wb_str *cells) {
  for (size_t i = 0; i < cells[4].len; i++)
    if (cells[4].ptr[i] == ':') return cells[4];
  for (size_t i = 0; i < sizeof LABELS / sizeof *LABELS; i++)
    if (wb_str_is(cells[3], LABELS[i].label)) return wb_str_of(LABELS[i].settings);
  return WB_STR("");
}

static void check_row(tally *t, const char *folder, const wb_str *cells) {
  const wb_str label = wb_str_fmt(&texts, "%.*s %.*s", WB_STR_ARG(cells[0]), WB_STR_ARG(cells[3]));
  const asked a = read_settings(settings_of(cells));
  const bool refused = wb_str_is(cells[5], "refused");
  t->rows++;
  weigh_model *model = open_row(folder, cells[1], cells[2]);
  if (!model) {
    differs(t, label, wb_str_of(err.message));
    return;
  }
  const wb_adapter *adapter = apply(model, &a);
  if (adapter && refused) differs(t, label, wb_str_fmt(&texts, "not refused: %.*s", WB_STR_ARG(cells[8])));
  else if (refused) {
    t->refused++;
    if (getenv("WEIGH_ADAPTERS"))
      print_message("# %.*s: %s | %.*s\n", WB_STR_ARG(label), err.message, WB_STR_ARG(cells[8]));
  } else if (!adapter) differs(t, label, wb_str_of(err.message));
  else compare(t, label, adapter, cells);
  weigh_model_free(model);
}

static void recorded_adapters(void **state) {
  (void)state;
  const char *folder = getenv("WEIGH_TRUTH_DIR");
  char path[4096];
  wb_str cells[COLUMNS];
  tally t = {.todo = read_all("tests/truth/adapters-todo.tsv")};
  const char *ci = getenv("CI");
  if (!folder && ci && strcmp(ci, "true") == 0) fail_msg("WEIGH_TRUTH_DIR is not set");
  if (!folder) return; /* the truth folder widens this test */
  snprintf(path, sizeof path, "%s/truth/training/adapters.tsv", folder);
  const wb_str table = read_all(path);
  for (size_t at = 0; wb_tsv_next(table, &at, cells, COLUMNS);) check_row(&t, folder, cells);
  print_message(
      "# adapters: %zu rows; %zu equal, %zu equal but for names of modules, %zu refused alike, %zu known to differ, "
      "%zu differ\n",
      t.rows, t.equal, t.shapes, t.refused, t.known, t.failed);
  assert_int_equal(t.failed, 0);
}

/* Rows of our own, for models of the catalogue. */
static void own_vectors(void **state) {
  (void)state;
  wb_str cells[COLUMNS];
  tally t = {0};
  const wb_str table = read_all("tests/vectors/adapters.tsv");
  for (size_t at = 0; wb_tsv_next(table, &at, cells, COLUMNS);) check_row(&t, NULL, cells);
  assert_int_equal(t.failed, 0);
  assert_true(t.rows > 24);
}

static int begin(void **state) {
  (void)state;
  return !wb_ctx_open(&texts, (size_t)1 << 30) || weigh_library_open(NULL, &library, &err) != WEIGH_OK;
}

static int end(void **state) {
  (void)state;
  weigh_library_free(library);
  wb_ctx_close(&texts);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(own_vectors), cmocka_unit_test(recorded_adapters)};
  return cmocka_run_group_tests_name("adapter truth", tests, begin, end);
}
