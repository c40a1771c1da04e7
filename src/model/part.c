/* Families inside families: text, vision and audio parts on nested configurations. */
#include "expr/eval.h"
#include "model/walk.h"

wb_frame wb_walk_family(wb_walk *w, const wb_decl *family, const wb_json *object, wb_str prefix,
                        const wb_naming *naming, wb_group group, const wb_part_defaults *defaults) {
  wb_fields *fields = wb_fields_new(w->ctx, w->lib, w->root, &w->model->config, family, object, prefix);
  if (defaults) fields->defaults = *defaults;
  wb_fields **at = &w->model->all_fields;
  while (*at) at = &(*at)->next;
  *at = fields;
  if (!w->model->fields) w->model->fields = fields;
  wb_frame frame = {.decl = family,
                    .scope = wb_scope_new(w->ctx, &fields->scope),
                    .fields = &fields->scope,
                    .naming = naming,
                    .root = naming,
                    .group = group};
  wb_str outer = w->part;
  w->part = prefix;
  wb_enter(w->ctx, family->place);
  wb_walk_body(w, &frame, &family->body);
  wb_leave(w->ctx);
  w->part = outer;
  return frame;
}

/* A statement that names fewer results than the part returns takes the first; one that names more keeps the others as
 * they were. */
static void take_results(wb_walk *w, wb_frame *f, const wb_stmt *stmt, const wb_frame *part) {
  for (size_t i = 0; i < stmt->target_count && i < part->result_count; i++)
    wb_walk_assign(w, f, stmt->targets[i], part->results[i]);
}

static const wb_json *nested(wb_walk *w, const wb_fields *fields, wb_str path) {
  const wb_json *object = fields->object ? wb_json_at(fields->object, path) : NULL;
  if (!object || object->kind == WB_JSON_NULL) return NULL;
  if (object->kind != WB_JSON_OBJECT)
    WB_FAIL(w->ctx, WB_MODEL_NOT_OBJECT, wb_json_place(w->model->config.text, w->model->config.file, object),
            wb_str_fmt(w->ctx, "%.*s%.*s", WB_STR_ARG(fields->prefix), WB_STR_ARG(path)),
            wb_str_of(wb_json_kind_name(object)));
  return object;
}

static void note_undescribed(wb_walk *w, wb_str what) {
  wb_model *m = w->model;
  if (w->counting) return;
  WB_PUSH_ROOM(w->ctx, m->undescribed, m->undescribed_count, m->undescribed_cap);
  m->undescribed[m->undescribed_count++] = what;
}

static const wb_decl *part_family(wb_walk *w, const wb_json *object, const wb_stmt *stmt, wb_str *type) {
  wb_str fallback = stmt->text;
  const wb_json *named = object && !stmt->is_fixed ? wb_json_get(object, WB_STR("model_type")) : NULL;
  *type = named && named->kind == WB_JSON_STRING && named->u.text.len ? named->u.text : fallback;
  const wb_decl *family = wb_library_type(w->lib, w->ctx, *type);
  return family ? family : wb_library_find(w->lib, w->ctx, WB_D_FAMILY, *type);
}

void wb_walk_part(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  if (stmt->mod.when && !wb_eval_bool(w->ctx, stmt->mod.when, f->scope)) return;
  const wb_fields *fields = (const wb_fields *)f->fields;
  wb_str key = stmt->path->plain, type;
  const wb_json *object = nested(w, fields, key);
  const bool is_flat = !object && wb_fields_flat(w->ctx, fields, key);
  const wb_decl *family = part_family(w, object, stmt, &type);
  if (is_flat) object = fields->object;
  if (!family) {
    note_undescribed(w, wb_str_fmt(w->ctx, "%.*s (%.*s)", WB_STR_ARG(key), WB_STR_ARG(type)));
    if (!w->counting) wb_model_warn(w->model, WB_MODEL_UNKNOWN_PART, 2, (wb_str[]){key, type});
    return;
  }
  wb_naming *naming = WB_NEW(w->ctx, wb_naming);
  *naming = (wb_naming){f->naming->prefix, f->naming->prefix, stmt->mod.renames, stmt->mod.rename_count, f->naming};
  wb_group group = f->group;
  bool grouped = w->grouped;
  if (stmt->mod.group && wb_group_parse(stmt->mod.group->name, &group)) w->grouped = true;
  wb_str prefix =
      is_flat ? fields->prefix : wb_str_fmt(w->ctx, "%.*s%.*s.", WB_STR_ARG(fields->prefix), WB_STR_ARG(key));
  wb_part_defaults defaults = {stmt->args, stmt->arg_count, f->scope};
  const wb_frame part = wb_walk_family(w, family, object, prefix, naming, group, &defaults);
  w->grouped = grouped;
  take_results(w, f, stmt, &part);
}

void wb_walk_undescribed(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  if (stmt->mod.when && !wb_eval_bool(w->ctx, stmt->mod.when, f->scope)) return;
  note_undescribed(w, stmt->path->plain);
}
