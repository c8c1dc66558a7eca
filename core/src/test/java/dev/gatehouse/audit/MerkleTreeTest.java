package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MerkleTreeTest {
  private static final HexFormat HEX = HexFormat.of();

  /** The inputs and roots that certificate-transparency and its successors test with. */
  private static final List<String> INPUTS =
      List.of(
          "",
          "00",
          "10",
          "2021",
          "3031",
          "40414243",
          "5051525354555657",
          "606162636465666768696a6b6c6d6e6f");

  private static final List<String> ROOTS =
      List.of(
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
          "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
          "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
          "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
          "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
          "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
          "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
          "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");

  private static final int MOST = 600;

  private final MerkleHash hash = new MerkleHash();

  /** A tree built leaf by leaf, with the tiles that it gave away. */
  private static final class Built {
    final MerkleHash hash = new MerkleHash();
    final TreeBuilder builder = new TreeBuilder(hash);
    final List<byte[]> leaves = new ArrayList<>();
    final Map<String, TreeTile> tiles = new HashMap<>();

    void add(byte[] leafHash) {
      leaves.add(leafHash);
      builder.add(leafHash, tile -> tiles.put(tile.level() + "/" + tile.index(), tile));
    }

    TreeNodes nodes() {
      Map<String, Tile> kept = new HashMap<>();
      return new TreeNodes(
          (level, index) -> kept.computeIfAbsent(level + "/" + index, key -> tile(level, index)),
          leaves.size());
    }

    /** A full tile as given away, or the rest out of what lies below. */
    private Tile tile(int level, long index) {
      TreeTile full = tiles.get(level + "/" + index);
      if (full != null) {
        return Tile.of(full.hashes(), hash);
      }
      Tile tile = new Tile();
      int below = level == 0 ? leaves.size() : leaves.size() >> (8 * level);
      for (long i = index * 256; i < Math.min(below, index * 256 + 256); i++) {
        byte[] one = level == 0 ? leaves.get((int) i) : tiles.get((level - 1) + "/" + i).root();
        tile.add(one, 0, hash);
      }
      return tile;
    }
  }

  private static byte[] leaf(int i) {
    return ModelTree.leaf(new byte[] {(byte) i, (byte) (i >> 8), (byte) (i >> 16)});
  }

  private static Built tree(int size) {
    Built built = new Built();
    for (int i = 0; i < size; i++) {
      built.add(leaf(i));
    }
    return built;
  }

  private Built published() {
    Built built = new Built();
    INPUTS.forEach(input -> built.add(hash.leaf(HEX.parseHex(input))));
    return built;
  }

  @Test
  void root_publishedInputs_publishedRoots() {
    Built built = new Built();
    assertThat(HEX.formatHex(built.builder.root())).isEqualTo(ROOTS.get(0));
    for (int i = 0; i < INPUTS.size(); i++) {
      built.add(hash.leaf(HEX.parseHex(INPUTS.get(i))));
      assertThat(HEX.formatHex(built.builder.root())).isEqualTo(ROOTS.get(i + 1));
    }
  }

  @Test
  void inclusion_publishedInputs_publishedPaths() {
    TreeNodes nodes = published().nodes();
    assertThat(hex(nodes.inclusion(0, 1))).isEmpty();
    assertThat(hex(nodes.inclusion(0, 8)))
        .containsExactly(
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4");
    assertThat(hex(nodes.inclusion(5, 8)))
        .containsExactly(
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7");
    assertThat(hex(nodes.inclusion(2, 3)))
        .containsExactly("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
    assertThat(hex(nodes.inclusion(1, 5)))
        .containsExactly(
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b");
  }

  @Test
  void consistency_publishedInputs_publishedProofs() {
    TreeNodes nodes = published().nodes();
    assertThat(nodes.consistency(1, 1)).isEmpty();
    assertThat(hex(nodes.consistency(1, 8)))
        .containsExactly(
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4");
    assertThat(hex(nodes.consistency(6, 8)))
        .containsExactly(
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7");
    assertThat(hex(nodes.consistency(2, 5)))
        .containsExactly(
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b");
  }

  @Test
  void root_everySizeTo600_isTheModels() {
    Built built = new Built();
    for (int size = 0; size <= MOST; size++) {
      assertThat(built.builder.size()).isEqualTo(size);
      assertThat(built.builder.root()).as("size %d", size).isEqualTo(ModelTree.root(built.leaves));
      if (size > 0) {
        assertThat(built.nodes().root(0, size)).isEqualTo(built.builder.root());
      }
      built.add(leaf(size));
    }
  }

  /** How far apart the leaves are that a tree of the size is asked for: at its edges, all are. */
  private static int step(int size) {
    int edge = Math.min(Math.abs(size - 256), Math.abs(size - 512));
    return size <= 130 || edge <= 3 || size == MOST ? 1 : 11;
  }

  @Test
  void inclusion_everySizeTo600_proves() {
    Built built = tree(MOST);
    TreeNodes nodes = built.nodes();
    Random random = new Random(3);
    for (int size = 1; size <= MOST; size++) {
      List<byte[]> leaves = built.leaves.subList(0, size);
      byte[] root = ModelTree.root(leaves);
      for (int index = size % step(size); index < size; index += step(size)) {
        InclusionProof proof = new InclusionProof(index, size, nodes.inclusion(index, size));
        assertThat(proof.proves(leaves.get(index), root)).isTrue();
      }
      int index = random.nextInt(size);
      assertThat(new InclusionProof(index, size, nodes.inclusion(index, size)).proves(root, root))
          .isEqualTo(size == 1);
      assertThat(hex(nodes.inclusion(index, size))).isEqualTo(hex(ModelTree.path(index, leaves)));
    }
  }

  @Test
  void consistency_everySizeTo600_proves() {
    Built built = tree(MOST);
    TreeNodes nodes = built.nodes();
    List<byte[]> roots = new ArrayList<>();
    for (int size = 0; size <= MOST; size++) {
      roots.add(size == 0 ? MerkleHash.empty() : nodes.root(0, size));
    }
    Random random = new Random(4);
    for (int size = 0; size <= MOST; size++) {
      for (int old = size % step(size); old <= size; old += step(size)) {
        ConsistencyProof proof = new ConsistencyProof(old, size, nodes.consistency(old, size));
        assertThat(proof.proves(roots.get(old), roots.get(size))).isTrue();
      }
      int old = random.nextInt(size + 1);
      if (old > 0) {
        ConsistencyProof proof = new ConsistencyProof(old, size, nodes.consistency(old, size));
        assertThat(proof.proves(leaf(0x10000), roots.get(size))).as("%s", proof).isFalse();
        assertThat(proof.proves(roots.get(old), leaf(0x10000))).as("%s", proof).isFalse();
      }
      assertThat(hex(nodes.consistency(old, size)))
          .isEqualTo(hex(ModelTree.proof(old, built.leaves.subList(0, size))));
    }
  }

  /** With a third level of tiles, around each power of 256. */
  @Test
  void proofs_threeLevelsOfTiles_prove() {
    int most = 65_536 + 300;
    Built built = tree(most);
    TreeNodes nodes = built.nodes();
    assertThat(built.builder.root()).isEqualTo(ModelTree.root(built.leaves));
    byte[] root = built.builder.root();
    Random random = new Random(5);
    int[] fixed = {0, 1, 255, 256, 257, 65_535, 65_536, 65_791, 65_792, most - 1};
    for (int i = 0; i < 60; i++) {
      int index = i < fixed.length ? fixed[i] : random.nextInt(most);
      InclusionProof proof = new InclusionProof(index, most, nodes.inclusion(index, most));
      assertThat(proof.proves(built.leaves.get(index), root)).as("%s", proof).isTrue();
      int old = index + 1;
      ConsistencyProof growth = new ConsistencyProof(old, most, nodes.consistency(old, most));
      assertThat(growth.proves(nodes.root(0, old), root)).as("%s", growth).isTrue();
    }
  }

  @Test
  void inclusion_anyBitOfProofLeafOrRootFlipped_fails() {
    for (int size : new int[] {2, 3, 7, 8, 9, 300}) {
      Built built = tree(size);
      byte[] root = built.builder.root();
      int index = size / 2;
      List<byte[]> path = built.nodes().inclusion(index, size);
      byte[] leafHash = built.leaves.get(index);
      for (int part = 0; part < path.size() + 2; part++) {
        for (int bit = 0; bit < 256; bit++) {
          List<byte[]> parts = copies(path);
          parts.add(leafHash.clone());
          parts.add(root.clone());
          parts.get(part)[bit / 8] ^= (byte) (1 << bit % 8);
          InclusionProof proof = new InclusionProof(index, size, parts.subList(0, path.size()));
          assertThat(proof.proves(parts.get(path.size()), parts.get(path.size() + 1)))
              .as("size %d, part %d, bit %d", size, part, bit)
              .isFalse();
        }
      }
    }
  }

  @Test
  void inclusion_otherIndexSizeOrLength_fails() {
    Built built = tree(37);
    byte[] root = built.builder.root();
    List<byte[]> path = built.nodes().inclusion(20, 37);
    byte[] leafHash = built.leaves.get(20);
    assertThat(new InclusionProof(20, 37, path).proves(leafHash, root)).isTrue();
    for (int index = 0; index < 37; index++) {
      assertThat(new InclusionProof(index, 37, path).proves(leafHash, root)).isEqualTo(index == 20);
    }
    assertThat(new InclusionProof(20, 37, path.subList(0, path.size() - 1)).proves(leafHash, root))
        .isFalse();
    List<byte[]> longer = copies(path);
    longer.add(root);
    assertThat(new InclusionProof(20, 37, longer).proves(leafHash, root)).isFalse();
    assertThat(new InclusionProof(20, 37, List.of()).proves(leafHash, root)).isFalse();
    assertThat(new InclusionProof(0, 1, List.of()).proves(root, root)).isTrue();
    assertThat(new InclusionProof(0, 2, List.of()).proves(root, root)).isFalse();
  }

  @Test
  void consistency_anyBitOfProofOrRootsFlipped_fails() {
    Built built = tree(300);
    TreeNodes nodes = built.nodes();
    for (int[] sizes : new int[][] {{1, 2}, {3, 7}, {4, 8}, {5, 6}, {256, 300}, {255, 257}}) {
      List<byte[]> path = nodes.consistency(sizes[0], sizes[1]);
      for (int part = 0; part < path.size() + 2; part++) {
        for (int bit = 0; bit < 256; bit++) {
          List<byte[]> parts = copies(path);
          parts.add(nodes.root(0, sizes[0]));
          parts.add(nodes.root(0, sizes[1]));
          parts.get(part)[bit / 8] ^= (byte) (1 << bit % 8);
          ConsistencyProof proof =
              new ConsistencyProof(sizes[0], sizes[1], parts.subList(0, path.size()));
          assertThat(proof.proves(parts.get(path.size()), parts.get(path.size() + 1)))
              .as("%s, part %d, bit %d", proof, part, bit)
              .isFalse();
        }
      }
    }
  }

  @Test
  void consistency_fromNothing_onlyOfTheEmptyRoot() {
    byte[] root = tree(5).builder.root();
    ConsistencyProof proof = new ConsistencyProof(0, 5, List.of());
    assertThat(proof.proves(MerkleHash.empty(), root)).isTrue();
    assertThat(proof.proves(root, root)).isFalse();
    assertThat(new ConsistencyProof(0, 5, List.of(root)).proves(MerkleHash.empty(), root))
        .isFalse();
    assertThat(new ConsistencyProof(3, 5, List.of()).proves(root, root)).isFalse();
    assertThat(new ConsistencyProof(5, 5, List.of()).proves(root, root)).isTrue();
    assertThat(new ConsistencyProof(5, 5, List.of()).proves(root, leaf(1))).isFalse();
  }

  @Test
  void proofs_outOfRange_refused() {
    TreeNodes nodes = tree(5).nodes();
    assertThatThrownBy(() -> nodes.inclusion(5, 5)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> nodes.inclusion(0, 6)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> nodes.inclusion(-1, 5)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> nodes.consistency(3, 2)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> nodes.consistency(3, 6)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new InclusionProof(5, 5, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new InclusionProof(0, 5, List.of(new byte[31])))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ConsistencyProof(6, 5, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void copy_growsOn_leavesTheOriginal() {
    Built built = tree(300);
    byte[] root = built.builder.root();
    TreeBuilder copy = built.builder.copy();
    copy.add(leaf(300), tile -> {});
    assertThat(built.builder.root()).isEqualTo(root);
    built.add(leaf(300));
    assertThat(copy.root()).isEqualTo(built.builder.root());
  }

  private static List<byte[]> copies(List<byte[]> hashes) {
    List<byte[]> copies = new ArrayList<>();
    hashes.forEach(one -> copies.add(one.clone()));
    return copies;
  }

  private static List<String> hex(List<byte[]> hashes) {
    return hashes.stream().map(HEX::formatHex).toList();
  }
}
