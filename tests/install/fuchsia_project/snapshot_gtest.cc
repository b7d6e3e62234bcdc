// GoogleTest by itself, as newer sources use it; its death tests fork.
#include <gtest/gtest.h>
#include <lib/zx/vmar.h>
#include <lib/zx/vmo.h>

namespace {

class SnapshotTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(zx::vmo::create(2 * 4096, 0, &parent_), ZX_OK);
    ASSERT_EQ(parent_.create_child(ZX_VMO_CHILD_SNAPSHOT, 0, 2 * 4096, &child_), ZX_OK);
  }

  zx::vmo parent_;
  zx::vmo child_;
};

TEST_F(SnapshotTest, IsIsolated) {
  const uint32_t value = 5;
  uint32_t seen = 9;

  ASSERT_EQ(parent_.write(&value, 4096, sizeof(value)), ZX_OK);
  ASSERT_EQ(child_.read(&seen, 4096, sizeof(seen)), ZX_OK);
  EXPECT_EQ(seen, 0u) << "the child saw a write to its parent";
}

TEST_F(SnapshotTest, ReadOnlyMappingIsEnforcedInAForkedProcess) {
  zx_vaddr_t at;

  ASSERT_EQ(zx::vmar::root_self()->map(ZX_VM_PERM_READ, 0, child_, 0, 4096, &at), ZX_OK);
  EXPECT_EQ(*reinterpret_cast<volatile uint32_t*>(at), 0u);
  ASSERT_DEATH(*reinterpret_cast<volatile uint32_t*>(at) = 1, "");
  ASSERT_EQ(zx::vmar::root_self()->unmap(at, 4096), ZX_OK);
  ASSERT_DEATH((void)*reinterpret_cast<volatile uint32_t*>(at), "");
}

}  // namespace
