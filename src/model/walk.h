/* Walking a family's forward pass with a configuration's values. Internal to src/model. */
#ifndef WB_MODEL_WALK_H
#define WB_MODEL_WALK_H

#include "model/model.h"

/* Names below one point of the tree: a prefix, and how paths below it are renamed. */
typedef struct wb_naming {
  wb_str prefix;
  wb_str above; /* of the point that the new names count from: above the prefix, where a rename reaches into a scope */
  const wb_rename *renames;
  size_t rename_count;
  const struct wb_naming *outer; /* further renames at the same point */
} wb_naming;

typedef struct wb_tie { /* `tied to` of a call, applied to the tensor called weight in it */
  const wb_path *to;
  wb_scope *scope;
  const wb_naming *root;
} wb_tie;

typedef struct
    wb_donor { /* `tied to` of a block: everything below `own` is the tensor of the same name below `other` */
  wb_str own, other;
} wb_donor;

/* One activation of a block, an operation or a family. */
typedef struct wb_frame {
  const wb_decl *decl;
  wb_scope *scope;  /* grows inwards: an assignment opens a new one, so older bindings keep their meaning */
  wb_scope *fields; /* the fields of the family in effect */
  const wb_naming *naming;
  const wb_naming *root;
  wb_group group;
  bool grouped; /* the call named the group: nothing inside changes it */
  const wb_tie *tie;
  const wb_donor *donor;
  const wb_axis *positions; /* of an operation: those of its first activation, else those of the place */
  size_t first_row;         /* of an operation */
  const wb_modifiers *call; /* of an operation: what stands after the call, for the cut of its tensors */
  wb_scope *call_scope;
  const wb_value *results;
  size_t result_count;
  bool returned;
} wb_frame;

typedef struct wb_walk {
  wb_ctx *ctx;
  wb_library *lib;
  wb_model *model;
  wb_scope *root;
  bool counting; /* totals only */
  wb_num total;  /* counting: elements of parameters so far */
  wb_num copies; /* of what stands here: layers × experts */
  wb_num repeats;
  wb_num trained; /* the share of the repeats that gradients flow through */
  const wb_number_set *indices[WB_MAX_INDICES];
  uint32_t index_count;
  bool routed, mtp;
  bool grouped;     /* a part named the group for everything in it */
  bool no_gradient; /* a pass inside a training step that nothing flows back through */
  wb_num top_k, experts;
  const wb_axis *positions; /* of activations that begin here; NULL while counting */
  wb_str path;              /* the alternative computation we are in */
  wb_str dtype;
  wb_str part; /* prefix of the nested configuration in effect */
} wb_walk;

void wb_walk_body(wb_walk *w, wb_frame *f, const wb_body *body);
/* Returns the frame: its results are what the family's model returns. */
wb_frame wb_walk_family(wb_walk *w, const wb_decl *family, const wb_json *object, wb_str prefix,
                        const wb_naming *naming, wb_group group, const wb_part_defaults *defaults);
void wb_walk_assign(wb_walk *w, wb_frame *f, const wb_sym *name, wb_value value);

/* naming.c */
/* The naming below a path from here, with what is left of the renames that reach further. */
const wb_naming *wb_naming_below(wb_walk *w, const wb_naming *naming, const wb_path *path, wb_scope *scope);
wb_str wb_name_of(wb_walk *w, const wb_naming *naming, const wb_path *path, wb_scope *scope);
wb_str wb_name_index(wb_walk *w, wb_str prefix);

/* stack.c: layers that share the same bindings are walked once. */
void wb_walk_stack(wb_walk *w, wb_frame *f, const wb_stmt *stmt);
void wb_walk_dispatch(wb_walk *w, wb_frame *f, const wb_stmt *stmt);

/* part.c: families on nested configurations. */
void wb_walk_part(wb_walk *w, wb_frame *f, const wb_stmt *stmt);
void wb_walk_undescribed(wb_walk *w, wb_frame *f, const wb_stmt *stmt);

/* positions.c */
const wb_axis *wb_text_positions(wb_walk *w);
const wb_axis *wb_positions(wb_walk *w, const wb_on *on, const wb_axis *base, wb_scope *scope);
void wb_walk_on(wb_walk *w, wb_frame *f, const wb_stmt *stmt);
void wb_enter_operation(wb_walk *w, wb_frame *f); /* where an operation runs: after its arguments are bound */

/* tensors.c */
void wb_walk_tensor(wb_walk *w, wb_frame *f, const wb_stmt *stmt);
void wb_walk_kept(wb_walk *w, wb_frame *f, const wb_stmt *stmt);
void wb_walk_operation(wb_walk *w, wb_frame *f); /* records an operation that was just walked */
/* A tensor used as an activation (learned queries) counts as trained before what reads it. */
void wb_walk_learned(wb_walk *w, wb_frame *f, const wb_stmt *stmt, wb_value activation);

#endif
