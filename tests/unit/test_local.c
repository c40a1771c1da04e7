#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/tsv.h"
#include "estimate/local.h"
#include "weigh/local.h"

#include "context.h"

static wb_local *read_of(const char *tool, const char *text, size_t *count) {
  size_t seen_count;
  if (!WB_GUARD(&ctx)) fail_msg("%s failed", tool);
  const wb_seen *seen = wb_probe_read(&ctx, wb_str_of(tool), wb_str_of(text), &seen_count);
  return wb_local_cards(&ctx, seen, seen_count, count);
}

/* What a tool prints of one card, and the card that it is; NULL: no row, only memory. */
static void assert_card(const char *tool, const char *text, const char *wanted) {
  size_t count;
  const wb_local *found = read_of(tool, text, &count);
  if (count != 1) fail_msg("%zu cards in: %s", count, text);
  if (!wanted && found->known) fail_msg("%s from: %s", wb_str_cstr(&ctx, found->card.name), text);
  if (wanted && (!found->known || !wb_str_is(found->card.name, wanted)))
    fail_msg("%s instead of %s", wb_str_cstr(&ctx, found->card.name), wanted);
}

static void assert_nvidia(const char *name, const char *mib, const char *wanted) {
  char text[512];
  snprintf(text, sizeof text, "index, name, memory.total [MiB], memory.used [MiB]\n0, %s, %s, 1\n", name, mib);
  assert_card("nvidia-smi", text, wanted);
}

static void cards_are_told_by_name_and_memory(void **state) {
  (void)state;
  assert_nvidia("NVIDIA A100-SXM4-40GB", "40960", "A100 SXM4 40GB");
  assert_nvidia("NVIDIA A100-SXM4-80GB", "81920", "A100 SXM4 80GB");
  assert_nvidia("NVIDIA A100 80GB PCIe", "81920", "A100 PCIe 80GB");
  assert_nvidia("NVIDIA H100 80GB HBM3", "81559", "H100 SXM5 80GB");
  assert_nvidia("NVIDIA H100 NVL", "95830", "H100 NVL 94GB");
  assert_nvidia("NVIDIA H200", "143771", "H200 SXM 141GB");
  assert_nvidia("NVIDIA B200", "183359", "B200 SXM 180GB");
  assert_nvidia("NVIDIA L4", "23034", "L4");
  assert_nvidia("Tesla T4", "15360", "T4");
  assert_nvidia("NVIDIA GeForce RTX 4090", "24564", "GeForce RTX 4090");
  assert_nvidia("NVIDIA GeForce RTX 4090", "23028", "GeForce RTX 4090"); /* ECC on */
  assert_nvidia("NVIDIA GeForce RTX 3080", "10240", "GeForce RTX 3080");
  assert_nvidia("NVIDIA GeForce RTX 3080", "12288", "GeForce RTX 3080 12GB");
  assert_nvidia("NVIDIA GeForce RTX 3060", "12288", "GeForce RTX 3060 12GB");
  assert_nvidia("NVIDIA GeForce RTX 3060", "8192", "GeForce RTX 3060 8GB");
  assert_nvidia("NVIDIA GeForce RTX 4060 Ti", "16380", "GeForce RTX 4060 Ti 16GB");
  assert_nvidia("NVIDIA GeForce RTX 4060 Ti", "8188", "GeForce RTX 4060 Ti 8GB");
  assert_nvidia("NVIDIA RTX A6000", "49140", "RTX A6000");
  assert_nvidia("NVIDIA GB10", "[N/A]", "GB10 (DGX Spark)");
  assert_nvidia("NVIDIA GeForce RTX 4090", "49140", "GeForce RTX 4090 48GB (modified)");
  assert_nvidia("NVIDIA GeForce RTX 4090", "32768", NULL);
  assert_nvidia("NVIDIA Something New", "65536", NULL);
}

static void amd_and_apple_too(void **state) {
  (void)state;
  assert_card("rocm-smi",
              "\ndevice,VRAM Total Memory (B),VRAM Total Used Memory (B),Card series,Card model\n"
              "card0,34342961152,10854400,Vega 20 [Radeon Pro VII/Radeon Instinct MI50 32GB],0x081e\n",
              "Instinct MI50 32GB");
  assert_card("amdgpu driver", "device: 0x744c\nmem_info_vram_total: 21458059264\n", "Radeon RX 7900 XT");
  assert_card("amdgpu driver", "device: 0x744c\nmem_info_vram_total: 17163091968\n", NULL); /* GRE or 7900M */
  assert_card("amdgpu driver", "device: 0x74a1\nmem_info_vram_total: 206141652992\n", "Instinct MI300X");
  assert_card("amdgpu driver", "product_name: AMD Instinct MI300X OAM\nmem_info_vram_total: 206141652992\n",
              "Instinct MI300X");
  assert_card("amdgpu driver", "device: 0x1586\nmem_info_vram_total: 103079215104\n", NULL);
  assert_card("sysctl", "hw.memsize: 68719476736\nmachdep.cpu.brand_string: Apple M3 Max\n", "M3 Max 64GB");
  assert_card("sysctl", "hw.memsize: 25769803776\nmachdep.cpu.brand_string: Apple M4 Pro\n", "M4 Pro 24GB");
  assert_card("memory", "MemTotal:       131893452 kB\nMemFree:        1 kB\n", NULL);
}

static void cards_of_a_kind_are_counted(void **state) {
  (void)state;
  size_t count;
  const wb_local *l = read_of("nvidia-smi",
                              "index, name, memory.total [MiB], memory.used [MiB]\n0, NVIDIA L4, 23034, 5\n"
                              "1, Tesla T4, 15360, 1\n2, NVIDIA L4, 23034, 9\n",
                              &count);
  assert_int_equal(count, 2);
  assert_true(l[0].count == 2 && l[0].used == (wb_i128)9 << 20 && l[1].count == 1);
}

static void what_names_no_card_gives_none(void **state) {
  (void)state;
  const char *const texts[] = {"",
                               "\n\n\n",
                               "No devices were found\n",
                               "NVIDIA-SMI has failed because it couldn't\n",
                               ",,,,,",
                               ":::\n:",
                               "name: \n",
                               "index, name, memory.total [MiB]\n",
                               "\xff\xfe: \xff\n\n\n"};
  const char *const tools[] = {"nvidia-smi", "nvidia driver", "rocm-smi", "amdgpu driver",
                               "sysctl",     "memory",        "nobody"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    for (size_t k = 0; k < sizeof tools / sizeof *tools; k++) {
      size_t count;
      read_of(tools[k], texts[i], &count);
      if (count) fail_msg("%s: %s", tools[k], texts[i]);
    }
}

/* Every beginning of an output, and every one with a byte changed, is answered. */
static void any_bytes_are_fine(void **state) {
  (void)state;
  static const char text[] =
      "index, name, memory.total [MiB], memory.used [MiB]\n0, NVIDIA L4, 23034, 5\n"
      "device: 0x744c\nmem_info_vram_total: 99999999999999999999999999999\nMemTotal: 9e99 kB\n";
  const char *const tools[] = {"nvidia-smi", "amdgpu driver", "memory"};
  char copy[sizeof text];
  weigh_library *library = NULL;
  weigh_local found;
  assert_int_equal(weigh_library_open(NULL, &library, NULL), WEIGH_OK);
  for (size_t i = 0; i < sizeof text; i++)
    for (size_t k = 0; k < 3; k++) {
      memcpy(copy, text, sizeof text);
      assert_int_equal(weigh_local_find(library, tools[k], copy, i, &found, NULL), WEIGH_OK);
      copy[i] = (char)(copy[i] ^ (char)(i * 37 + 11));
      assert_int_equal(weigh_local_find(library, tools[k], copy, sizeof text, &found, NULL), WEIGH_OK);
    }
  weigh_library_free(library);
}

static void found_cards_are_ready_to_be_asked_about(void **state) {
  (void)state;
  static const char two[] =
      "index, name, memory.total [MiB], memory.used [MiB]\n0, NVIDIA L4, 23034, 5\n"
      "1, Tesla T4, 15360, 1\n2, NVIDIA L4, 23034, 9\n";
  static const char unknown[] =
      "index, name, memory.total [MiB], memory.used [MiB]\n0, NVIDIA L4, 23034, 5\n"
      "1, NVIDIA What, 65536, 1\n";
  weigh_library *library = NULL;
  weigh_local found;
  assert_int_equal(weigh_library_open(NULL, &library, NULL), WEIGH_OK);
  assert_int_equal(weigh_local_find(library, "nvidia-smi", two, strlen(two), &found, NULL), WEIGH_OK);
  assert_string_equal(found.gpu, "2xL4,1xT4");
  assert_true(found.gpus == 3 && found.gpu_memory_bytes == 0);
  assert_int_equal(weigh_local_find(library, "nvidia-smi", unknown, strlen(unknown), &found, NULL), WEIGH_OK);
  assert_string_equal(found.gpu, "");
  assert_true(found.gpus == 2 && found.gpu_memory_bytes > (weigh_count)21 << 30);
  assert_true(found.gpu_memory_bytes < (weigh_count)22 << 30);
  weigh_library_free(library);
}

static void names_that_are_too_long_together_give_way_to_the_least_memory(void **state) {
  (void)state;
  static char all[16384] = "index, name, memory.total [MiB], memory.used [MiB]\n";
  size_t used = strlen(all), names = 0, count = 0;
  wb_card card;
  for (size_t at = 0; wb_card_next(&at, &card) && count < 90;) {
    if (!wb_str_is(card.vendor, "NVIDIA")) continue;
    const int n = snprintf(all + used, sizeof all - used, "%zu, %.*s, 30000, 1\n", count++, WB_STR_ARG(card.name));
    used += (size_t)n;
    names += card.name.len;
  }
  assert_true(names > sizeof(weigh_local){0}.gpu && used < sizeof all - 64);
  weigh_library *library = NULL;
  weigh_local found;
  assert_int_equal(weigh_library_open(NULL, &library, NULL), WEIGH_OK);
  assert_int_equal(weigh_local_find(library, "nvidia-smi", all, used, &found, NULL), WEIGH_OK);
  assert_string_equal(found.gpu, "");
  assert_true(found.gpus > 1 && found.gpu_memory_bytes > 0);
  weigh_library_free(library);
}

static void every_pci_number_has_cards(void **state) {
  (void)state;
  wb_str c[2], name;
  for (size_t at = 0; wb_tsv_next(wb_data_text("accelerators/pci.tsv"), &at, c, 2);)
    for (size_t i = 0; wb_str_next(c[1], '|', &i, &name);) {
      wb_card card;
      bool found = false;
      for (size_t k = 0; !found && wb_card_next(&k, &card);) found = wb_str_eq(card.name, name);
      if (!found) fail_msg("%s", wb_str_cstr(&ctx, name));
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cards_are_told_by_name_and_memory),
      cmocka_unit_test(amd_and_apple_too),
      cmocka_unit_test(cards_of_a_kind_are_counted),
      cmocka_unit_test(what_names_no_card_gives_none),
      cmocka_unit_test(any_bytes_are_fine),
      cmocka_unit_test(found_cards_are_ready_to_be_asked_about),
      cmocka_unit_test(names_that_are_too_long_together_give_way_to_the_least_memory),
      cmocka_unit_test(every_pci_number_has_cards),
  };
  return cmocka_run_group_tests(tests, open_memory, close_memory);
}
