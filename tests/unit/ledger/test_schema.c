// A ledger in the field was made by these texts, to the letter: an old one is
// never edited.

#include "ledger/internal.h"

#include "base/hash.h"
#include "fixture.h"

static const char *const written[] = {
    "6ec39211cbeca334f265605d93691d65eed3e242f4be8bc018f107f26eae6287",
    "800dca0454015ad19353fa85504c70e542150d73de38e0ff496ef9dd92c88985",
    "1e8075d6f74106406a5482fdd550cd455db691041a76fafaaedcf6d923d1f727",
    "2fbf66719f96b363716c438888d4e685c23957abe4d276bad300fdf5f946fb44",
    "2bc1abacc9e528dea44eda857cd47b5824d4ae181abd8ea09a8e37a6f960d758",
    "1d22e8b89eab00b94a55cb4df6fc77e9a6518c097bebde4ac54637f5e7bfbab3",
    "2865bde94bb8ed4c40ba90ca8545c7737c241f8c7fcdfaedf821a01218051592",
    "cb14d45d778f8839304e239fe5316a3762387a8ce239bf49af85fed0801772fb",
};
#define WRITTEN (sizeof(written) / sizeof(written[0]))

static void keeps_what_was_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < ledger_n_migrations; i++) {
        char hash[HASH_HEX];
        const char *sql = ledger_migrations[i].sql;
        hash_bytes(sql, strlen(sql), hash);
        if (i >= WRITTEN)
            fail_msg("version %zu is new: write down its hash, %s, and its "
                     "text in tests/flow/older",
                     i + 1, hash);
        assert_string_equal(hash, written[i]);
    }
    assert_int_equal(ledger_n_migrations, WRITTEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
